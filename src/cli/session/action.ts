import type { CommandContext } from "../command_context.ts";
import { ExitCode } from "../exit_codes.ts";
import { describeFailure } from "./failures.ts";
import type { CommonFlags } from "./flags.ts";
import { Session } from "./session.ts";

/** What a command does. Returns the exit code; done when it returns none. */
export type Body<Flags, Args extends readonly unknown[]> = (
  session: Session,
  flags: Flags,
  ...args: Args
) => Promise<ExitCode | void> | ExitCode | void;

/**
 * The function of a command: it opens a session, and tells of failures in words, with what to do
 * about them.
 */
export function action<Flags extends CommonFlags, Args extends readonly unknown[]>(
  body: Body<Flags, Args>,
): (this: CommandContext, flags: Flags, ...args: Args) => Promise<void> {
  return async function (flags, ...args) {
    const session = new Session(this, flags);
    try {
      this.process.exitCode = (await body(session, flags, ...args)) ?? ExitCode.ok;
    } catch (error) {
      if (isUnread(error)) return;
      const failure = describeFailure(error);
      if (failure === undefined) throw error;
      this.process.writeError(`jocko: ${failure.message}\n`);
      if (failure.advice !== undefined) this.process.writeError(`  ${failure.advice}\n`);
      this.process.exitCode = failure.exitCode;
    } finally {
      session.close();
    }
  };
}

/** Whoever read the output has seen enough, as in `jocko log dump FILE | head`: no failure. */
function isUnread(error: unknown): boolean {
  return error instanceof Error && error.name === "BrokenPipe";
}
