/** `jocko quota list|set|delete` */
import { buildCommand, buildRouteMap } from "@stricli/core";
import { alterQuotas, describeQuotas, type QuotaEntity } from "../../../client/admin/quotas.ts";
import type { CommandContext } from "../../command_context.ts";
import { renderTable } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import { UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  dangerParameters,
  parsePair,
  textFlag,
} from "../../session/flags.ts";

interface EntityFlags extends CommonFlags {
  readonly user?: string | undefined;
  readonly client?: string | undefined;
  readonly ip?: string | undefined;
}

interface ChangeFlags extends EntityFlags {
  readonly dryRun?: boolean | undefined;
}

/** The name that stands for all who have no quota of their own. */
const DEFAULT_NAME = "default";

const entityParameters = {
  user: textFlag("NAME", "For this user; default for all without a quota of their own"),
  client: textFlag("ID", "For this client id; default for all without"),
  ip: textFlag("ADDRESS", "For connections from this address; default for all without"),
} as const;

const QUOTA_NAMES = "producer_byte_rate and consumer_byte_rate (bytes/s), request_percentage, " +
  "controller_mutation_rate (partitions/s), connection_creation_rate (connections/s, with --ip)";

function entityOf({ user, client, ip }: EntityFlags): QuotaEntity {
  const entity = new Map<string, string | null>();
  if (user !== undefined) entity.set("user", user === DEFAULT_NAME ? null : user);
  if (client !== undefined) entity.set("client-id", client === DEFAULT_NAME ? null : client);
  if (ip !== undefined) entity.set("ip", ip === DEFAULT_NAME ? null : ip);
  return entity;
}

function entityText(entity: QuotaEntity): string {
  return [...entity].map(([type, name]) => `${type} ${name ?? DEFAULT_NAME}`).join(", ");
}

const list = action<EntityFlags, []>(async (session, flags) => {
  const found = await describeQuotas(session.client, entityOf(flags));
  const rows = found.flatMap(({ entity, quotas }) =>
    [...quotas].map(([quota, value]) => ({ entity: Object.fromEntries(entity), quota, value }))
  );
  session.print({
    value: rows,
    table: (style) =>
      rows.length === 0 ? "" : renderTable(
        ["FOR", "QUOTA", "VALUE"],
        rows.map(({ entity, quota, value }) => [
          entityText(new Map(Object.entries(entity))),
          quota,
          value,
        ]),
        style,
      ),
  });
  if (rows.length === 0) session.note("no quotas");
});

const listCommand = buildCommand<EntityFlags, [], CommandContext>({
  func: list,
  parameters: { flags: { ...entityParameters, ...commonParameters }, aliases: commonAliases },
  docs: {
    brief: "List quotas",
    fullDescription: `List quotas, all or those of a user, client or address.

EXAMPLES
  jocko quota list
  jocko quota list --client app -o json`,
  },
});

const set = action<ChangeFlags, string[]>(async (session, flags, ...pairs) => {
  const entity = entityOf(flags);
  if (entity.size === 0) throw new UsageError("whom is it for? say --user, --client or --ip");
  const changes = new Map(
    pairs.map(parsePair).map(([name, text]) => {
      const value = Number(text);
      if (text === "" || !Number.isFinite(value) || value < 0) {
        throw new UsageError(`${text} is no number of at least 0`);
      }
      return [name, value] as const;
    }),
  );
  await alterQuotas(session.client, entity, changes, flags.dryRun);
  if (flags.dryRun) session.note("dry run: the cluster would accept this");
  session.print({
    value: {
      entity: Object.fromEntries(entity),
      quotas: Object.fromEntries(changes),
      changed: !flags.dryRun,
    },
    table: (style) =>
      renderTable(
        ["FOR", "QUOTA", "VALUE"],
        [...changes].map(([name, value]) => [entityText(entity), name, value]),
        style,
      ),
  });
});

const setCommand = buildCommand<ChangeFlags, string[], CommandContext>({
  func: set,
  parameters: {
    flags: { ...entityParameters, dryRun: dangerParameters.dryRun, ...commonParameters },
    aliases: commonAliases,
    positional: {
      kind: "array",
      parameter: { parse: String, placeholder: "NAME=VALUE", brief: "Quotas" },
      minimum: 1,
    },
  },
  docs: {
    brief: "Set quotas of a user, client or address",
    fullDescription: `Set quotas. There are ${QUOTA_NAMES}.

EXAMPLES
  jocko quota set --client app producer_byte_rate=1048576
  jocko quota set --user default consumer_byte_rate=10485760 request_percentage=50
  jocko quota set --ip 10.0.0.7 connection_creation_rate=5`,
  },
});

const remove = action<ChangeFlags, string[]>(async (session, flags, ...names) => {
  const entity = entityOf(flags);
  if (entity.size === 0) throw new UsageError("whose is it? say --user, --client or --ip");
  const changes = new Map(names.map((name) => [name, undefined] as const));
  await alterQuotas(session.client, entity, changes, flags.dryRun);
  if (flags.dryRun) session.note("dry run: the cluster would accept this");
  session.print({
    value: { entity: Object.fromEntries(entity), removed: names, changed: !flags.dryRun },
    table: () => names.map((name) => `removed ${name} of ${entityText(entity)}\n`).join(""),
  });
});

const deleteCommand = buildCommand<ChangeFlags, string[], CommandContext>({
  func: remove,
  parameters: {
    flags: { ...entityParameters, dryRun: dangerParameters.dryRun, ...commonParameters },
    aliases: commonAliases,
    positional: {
      kind: "array",
      parameter: { parse: String, placeholder: "NAME", brief: "Quotas" },
      minimum: 1,
    },
  },
  docs: {
    brief: "Take quotas away",
    fullDescription: `Take quotas away from a user, client or address.

EXAMPLES
  jocko quota delete --client app producer_byte_rate`,
  },
});

export const quotaRoutes = buildRouteMap({
  routes: { list: listCommand, set: setCommand, delete: deleteCommand },
  docs: { brief: "List, set and delete client quotas" },
});
