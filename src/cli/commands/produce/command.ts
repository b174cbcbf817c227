/** `jocko produce TOPIC` */
import { buildCommand } from "@stricli/core";
import type { CommandContext } from "../../command_context.ts";
import { parseDuration } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  commonParameters,
  countFlag,
  parsePair,
  switchFlag,
  textFlag,
} from "../../session/flags.ts";
import { topicNames } from "../names.ts";
import { produce, type ProduceFlags } from "./run.ts";

export const produceCommand = buildCommand<ProduceFlags, [string], CommandContext>({
  func: action<ProduceFlags, [string]>(produce),
  parameters: {
    flags: {
      file: textFlag("FILE", "Read from a file in place of standard input"),
      partition: countFlag("N", "Write to this partition", 0),
      key: textFlag("KEY", "Key of all records"),
      keyDelimiter: textFlag("TEXT", "The key stands before this in each record"),
      delimiter: textFlag("TEXT", "What ends a record (default \\n)"),
      header: {
        kind: "parsed",
        parse: parsePair,
        optional: true,
        variadic: true,
        placeholder: "NAME=VALUE",
        brief: "Header of all records; may be repeated",
      },
      compression: {
        kind: "enum",
        values: ["none", "gzip", "snappy", "lz4", "zstd"],
        optional: true,
        brief: "How batches are compressed (default none)",
      },
      level: countFlag("N", "Strength of gzip and zstd", 1),
      acks: {
        kind: "enum",
        values: ["all", "1", "0"],
        optional: true,
        brief: "Who has to have the record: all in-sync replicas, the leader, nobody (default all)",
      },
      json: switchFlag("Each line is a record in JSON, as consume -o json prints it"),
      emptyIsNull: switchFlag("An empty value is null, a tombstone; an empty key too"),
      linger: {
        kind: "parsed",
        parse: parseDuration,
        optional: true,
        placeholder: "DURATION",
        brief: "Let a batch wait so long for more records (default 5ms)",
      },
      quiet: switchFlag("Do not tell how many records were written"),
      ...commonParameters,
    },
    aliases: {
      ...commonAliases,
      l: "file",
      p: "partition",
      k: "key",
      K: "keyDelimiter",
      D: "delimiter",
      H: "header",
      z: "compression",
      J: "json",
      Z: "emptyIsNull",
      q: "quiet",
    },
    positional: {
      kind: "tuple",
      parameters: [{
        parse: String,
        placeholder: "TOPIC",
        brief: "The topic; brokers may make it when it is not there",
        proposeCompletions: topicNames,
      }],
    },
  },
  docs: {
    brief: "Write records: one for each line of standard input",
    fullDescription:
      `Write records to a topic: one for each line of standard input. Done when all are
acknowledged. With --acks all each record appears once, whatever had to be sent again.

EXAMPLES
  echo hello | jocko produce orders
  jocko produce orders --file lines.txt --compression zstd
  printf 'k1:one\\nk2:two\\n' | jocko produce orders -K :
  printf 'k1:\\n' | jocko produce orders -K : --empty-is-null
  echo hi | jocko produce orders -k user-1 -H trace=abc -p 0
  echo '{"key":"k1","value":"one","headers":[{"name":"a","value":"b"}]}' | jocko produce orders --json

EXIT CODES
  0 all acknowledged  1 refused by the broker  2 command line or input refused
  3 no broker reached, or not in time  4 no such topic`,
  },
});
