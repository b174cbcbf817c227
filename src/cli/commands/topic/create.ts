import { buildCommand } from "@stricli/core";
import { createTopic } from "../../../client/admin/topics.ts";
import { BrokerError } from "../../../client/errors.ts";
import { ErrorCode } from "../../../protocol/error_codes.ts";
import type { CommandContext } from "../../command_context.ts";
import { renderFields } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  countFlag,
  dangerParameters,
  parsePair,
  switchFlag,
} from "../../session/flags.ts";

interface CreateFlags extends CommonFlags {
  readonly partitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  readonly config?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly dryRun?: boolean | undefined;
  readonly ifNotExists?: boolean | undefined;
}

/** As a count: what the brokers are configured for. */
const BROKERS_DEFAULT = -1;

const create = action<CreateFlags, [string]>(async (session, flags, name) => {
  const topic = {
    name,
    partitions: flags.partitions ?? BROKERS_DEFAULT,
    replicationFactor: flags.replicationFactor ?? BROKERS_DEFAULT,
    configs: new Map(flags.config ?? []),
  };
  let made;
  try {
    made = await createTopic(session.client, topic, flags.dryRun);
  } catch (error) {
    const exists = error instanceof BrokerError && error.code === ErrorCode.TOPIC_ALREADY_EXISTS;
    if (!exists || !flags.ifNotExists) throw error;
    session.note(`topic ${name} exists already`);
    return;
  }
  if (flags.dryRun) session.note(`dry run: topic ${name} could be made like this`);
  const value = {
    name,
    partitions: made.numPartitions,
    replicationFactor: made.replicationFactor,
    configs: Object.fromEntries(topic.configs),
    created: !flags.dryRun,
  };
  session.print({
    value,
    table: (style) =>
      renderFields([
        ["topic", name],
        ["partitions", value.partitions],
        ["replication factor", value.replicationFactor],
        ...[...topic.configs].map(([name, value]) => [name, value] as const),
      ], style),
  });
});

export const createCommand = buildCommand<CreateFlags, [string], CommandContext>({
  func: create,
  parameters: {
    flags: {
      partitions: countFlag("N", "Number of partitions (default: the brokers' num.partitions)"),
      replicationFactor: countFlag(
        "N",
        "Copies of each partition (default: the brokers' default.replication.factor)",
      ),
      config: {
        kind: "parsed",
        parse: parsePair,
        optional: true,
        variadic: true,
        placeholder: "NAME=VALUE",
        brief: "Set one of the topic's settings; may be repeated",
      },
      ifNotExists: switchFlag("It is no failure when the topic exists already"),
      dryRun: dangerParameters.dryRun,
      ...commonParameters,
    },
    aliases: { ...commonAliases, p: "partitions", r: "replicationFactor", c: "config" },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "NAME", brief: "Name of the new topic" }],
    },
  },
  docs: {
    brief: "Create a topic",
    fullDescription: `Create a topic.

EXAMPLES
  jocko topic create orders
  jocko topic create orders --partitions 6 --replication-factor 3
  jocko topic create state -p 1 -c cleanup.policy=compact -c retention.ms=-1
  jocko topic create orders --if-not-exists -o json

EXIT CODES
  0 created  1 refused by the broker  2 command line refused  3 no broker reached`,
  },
});
