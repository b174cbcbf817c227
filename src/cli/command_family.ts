import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import type { CommandContext } from "./command_context.ts";

/** How the commands of a family are loaded, by name. */
export type FamilyMembers = Readonly<Record<string, () => Promise<Command<CommandContext>>>>;

/**
 * A family of commands, such as `jocko topic ...`. Where `word` names one of them, the others are
 * not loaded: nobody will see them.
 *
 * @param word what follows the name of the family on the command line
 */
export async function commandFamily(
  brief: string,
  members: FamilyMembers,
  word: string | undefined,
): Promise<RouteMap<CommandContext>> {
  const named = Object.keys(members).find((name) => word === name || word === kebabCase(name));
  const routes: Record<string, Command<CommandContext>> = {};
  for (const [name, load] of Object.entries(members)) {
    routes[name] = named === undefined || named === name ? await load() : placeholder("");
  }
  return buildRouteMap<string, CommandContext>({ routes, docs: { brief } });
}

/** Stands for a command that is not called, in lists and in the search for the nearest name. */
export function placeholder(brief: string): Command<CommandContext> {
  return buildCommand<Record<never, never>, [], CommandContext>({
    func: () => undefined,
    parameters: {},
    docs: { brief },
  });
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
