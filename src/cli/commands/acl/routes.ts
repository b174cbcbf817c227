/** `jocko acl list|add|remove` */
import { buildCommand, buildRouteMap } from "@stricli/core";
import {
  type AclEntry,
  AclOperation,
  AclPatternType,
  AclPermission,
  AclResourceType,
  addAcl,
  listAcls,
  removeAcls,
} from "../../../client/admin/acls.ts";
import type { CommandContext } from "../../command_context.ts";
import type { Style } from "../../output/style.ts";
import { renderTable } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import { UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  type DangerFlags,
  dangerParameters,
  switchFlag,
  textFlag,
} from "../../session/flags.ts";

interface EntryFlags extends CommonFlags {
  readonly principal?: string | undefined;
  readonly resource?: string | undefined;
  readonly prefixed?: boolean | undefined;
  readonly operation?: string | undefined;
  readonly host?: string | undefined;
  readonly deny?: boolean | undefined;
}

interface AddFlags extends EntryFlags {
  readonly dryRun?: boolean | undefined;
}

interface RemoveFlags extends EntryFlags, DangerFlags {}

const entryParameters = {
  principal: textFlag("User:NAME", "Whom it is about"),
  resource: textFlag(
    "TYPE/NAME",
    "What it is about, such as topic/orders or cluster/kafka-cluster",
  ),
  prefixed: switchFlag("All resources whose names begin so"),
  operation: textFlag("NAME", `One of ${Object.keys(AclOperation).slice(1).join(", ")}`),
  host: textFlag("ADDRESS", "From this host only"),
  deny: switchFlag("Forbid, in place of allow"),
} as const;

/** The entries that the flags match; what is not given matches all. */
function filterOf(flags: EntryFlags): AclEntry {
  const { type, name } = resourceOf(flags.resource);
  return {
    resourceType: type,
    resourceName: name,
    patternType: flags.prefixed ? "prefixed" : flags.resource === undefined ? "any" : "literal",
    principal: flags.principal ?? null,
    host: flags.host ?? null,
    operation: nameIn(AclOperation, flags.operation ?? "any", "--operation"),
    permission: flags.deny ? "deny" : "any",
  };
}

function resourceOf(text: string | undefined) {
  if (text === undefined) return { type: "any", name: null } as const;
  const at = text.indexOf("/");
  const type = nameIn(AclResourceType, at < 0 ? text : text.slice(0, at), "--resource");
  return { type, name: at < 0 ? null : text.slice(at + 1) };
}

function nameIn<T extends Readonly<Record<string, number>>>(
  names: T,
  text: string,
  flag: string,
): keyof T & string {
  if (Object.hasOwn(names, text)) return text;
  throw new UsageError(`${flag} ${text} is none of ${Object.keys(names).join(", ")}`);
}

function table(entries: readonly AclEntry[], style: Style): string {
  if (entries.length === 0) return "";
  return renderTable(
    ["PRINCIPAL", "HOST", "PERMISSION", "OPERATION", "RESOURCE", "PATTERN"],
    entries.map((entry) => [
      entry.principal,
      entry.host,
      entry.permission,
      entry.operation,
      `${entry.resourceType}/${entry.resourceName}`,
      entry.patternType,
    ]),
    style,
  );
}

const list = action<EntryFlags, []>(async (session, flags) => {
  const entries = await listAcls(session.client, filterOf(flags));
  session.print({
    value: entries.map((entry) => ({ ...entry })),
    table: (style) => table(entries, style),
  });
  if (entries.length === 0) session.note("no entries");
});

const SECURITY_NOTE =
  `A broker without an authorizer lets everybody do everything, has no lists, and
says so (SECURITY_DISABLED). This version of jocko is one of them.`;

const listCommand = buildCommand<EntryFlags, [], CommandContext>({
  func: list,
  parameters: { flags: { ...entryParameters, ...commonParameters }, aliases: commonAliases },
  docs: {
    brief: "List entries of the access control lists",
    fullDescription: `List entries of the access control lists. ${SECURITY_NOTE}

EXAMPLES
  jocko acl list
  jocko acl list --resource topic/orders --principal User:app`,
  },
});

const add = action<AddFlags, []>(async (session, flags) => {
  if (flags.principal === undefined || flags.operation === undefined) {
    throw new UsageError("say whom it is about with --principal, and what with --operation");
  }
  const { type, name } = resourceOf(flags.resource);
  if (type === "any" || name === null) throw new UsageError("say --resource TYPE/NAME");
  const entry: AclEntry = {
    resourceType: type,
    resourceName: name,
    patternType: flags.prefixed ? "prefixed" : "literal",
    principal: flags.principal,
    host: flags.host ?? "*",
    operation: nameIn(AclOperation, flags.operation, "--operation"),
    permission: nameIn(AclPermission, flags.deny ? "deny" : "allow", "--deny"),
  };
  nameIn(AclPatternType, entry.patternType, "--prefixed");
  if (flags.dryRun) session.note("dry run: would add this entry");
  else await addAcl(session.client, entry);
  session.print({
    value: { ...entry, added: !flags.dryRun },
    table: (style) => table([entry], style),
  });
});

const addCommand = buildCommand<AddFlags, [], CommandContext>({
  func: add,
  parameters: {
    flags: { ...entryParameters, dryRun: dangerParameters.dryRun, ...commonParameters },
    aliases: commonAliases,
  },
  docs: {
    brief: "Add an entry",
    fullDescription: `Add an entry to the access control lists. ${SECURITY_NOTE}

EXAMPLES
  jocko acl add --principal User:app --operation read --resource topic/orders
  jocko acl add --principal User:app --operation write --resource topic/logs- --prefixed`,
  },
});

const remove = action<RemoveFlags, []>(async (session, flags) => {
  const filter = filterOf(flags);
  const matching = await listAcls(session.client, filter);
  const count = matching.length;
  const plan = `remove ${count} ${count === 1 ? "entry" : "entries"}`;
  const agreed = count > 0 && await session.confirm(plan, flags);
  if (agreed) await removeAcls(session.client, filter);
  session.print({
    value: { removed: agreed, entries: matching.map((entry) => ({ ...entry })) },
    table: (style) => table(matching, style),
  });
  if (count === 0) session.note("no entries match");
});

const removeCommand = buildCommand<RemoveFlags, [], CommandContext>({
  func: remove,
  parameters: {
    flags: { ...entryParameters, ...dangerParameters, ...commonParameters },
    aliases: { ...commonAliases, y: "yes" },
  },
  docs: {
    brief: "Remove entries",
    fullDescription:
      `Remove the entries that match. Asks first, unless --yes is given. ${SECURITY_NOTE}

EXAMPLES
  jocko acl remove --principal User:app --resource topic/orders --yes`,
  },
});

export const aclRoutes = buildRouteMap({
  routes: { list: listCommand, add: addCommand, remove: removeCommand },
  docs: { brief: "List, add and remove entries of access control lists" },
});
