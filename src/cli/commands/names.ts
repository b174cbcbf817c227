/** Names of what is there now, for the completion in a shell. */
import { listGroups } from "../../client/admin/groups.ts";
import { listTopics } from "../../client/admin/topics.ts";
import type { CommandContext } from "../command_context.ts";
import { describeFailure } from "../session/failures.ts";
import { Session } from "../session/session.ts";

/** A shell waits for the answer, so a cluster that is slow has none. */
const COMPLETION_TIMEOUT_MS = 1_000;

/** Topics whose names begin with `partial`. */
export function topicNames(this: CommandContext, partial: string): Promise<string[]> {
  return complete(this, partial, async (session) => {
    const topics = await listTopics(session.client);
    return topics.map(({ name }) => name ?? "");
  });
}

/** Groups whose names begin with `partial`. */
export function groupNames(this: CommandContext, partial: string): Promise<string[]> {
  return complete(this, partial, async (session) => {
    const groups = await listGroups(session.client);
    return groups.map(({ groupId }) => groupId);
  });
}

async function complete(
  context: CommandContext,
  partial: string,
  ask: (session: Session) => Promise<string[]>,
): Promise<string[]> {
  const words = context.process.arguments;
  const session = new Session(context, {
    brokers: valueOf(words, ["--brokers", "-b"]),
    context: valueOf(words, ["--context"]),
    timeout: COMPLETION_TIMEOUT_MS,
  });
  try {
    return (await ask(session)).filter((name) => name.startsWith(partial));
  } catch (error) {
    // There is no place to tell of it: whatever is printed becomes a proposal.
    if (describeFailure(error) !== undefined) return [];
    throw error;
  } finally {
    session.close();
  }
}

/** What follows one of `flags` among the words of the command line. */
function valueOf(words: readonly string[], flags: readonly string[]): string | undefined {
  const at = words.findIndex((word) => flags.includes(word));
  return at < 0 ? undefined : words[at + 1];
}
