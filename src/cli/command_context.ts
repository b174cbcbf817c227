import type { ExitCode } from "./exit_codes.ts";
import type { CommandProcess, LocalMachine } from "./command_process.ts";
import type { Surroundings } from "./surroundings.ts";

/** A stream as the command-line parser writes to it. */
interface TextStream {
  write(text: string): void;
}

/** What every command is given as `this`. */
export interface CommandContext {
  readonly process: CommandProcess & {
    readonly stdout: TextStream;
    readonly stderr: TextStream;
    /** What the shell is told. Negative values are the parser's own: it refused its input. */
    exitCode?: ExitCode | number | string | null;
  };
  readonly machine: LocalMachine;
  readonly surroundings: Surroundings;
}

/** A context over `process`, `machine` and `surroundings`. */
export function commandContext(
  process: CommandProcess,
  machine: LocalMachine,
  surroundings: Surroundings,
): CommandContext {
  return {
    process: {
      ...process,
      stdout: { write: (text) => process.writeOutput(text) },
      stderr: { write: (text) => process.writeError(text) },
    },
    machine,
    surroundings,
  };
}
