/** `jocko consume TOPIC...` */
import { buildCommand } from "@stricli/core";
import type { CommandContext } from "../../command_context.ts";
import { FORMAT_LETTERS } from "../../records/record_format.ts";
import { OFFSET_GRAMMAR } from "../../offsets/offset_grammar.ts";
import { wrap } from "../../output/configs.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  commonParameters,
  countFlag,
  parseCount,
  switchFlag,
  textFlag,
} from "../../session/flags.ts";
import { groupNames, topicNames } from "../names.ts";
import type { ConsumeFlags } from "./flags.ts";
import { consume } from "./run.ts";

export const consumeCommand = buildCommand<ConsumeFlags, string[], CommandContext>({
  func: action<ConsumeFlags, string[]>(consume),
  parameters: {
    flags: {
      offset: textFlag("OFFSET", "Where to begin, or a range (default start)"),
      partition: {
        kind: "parsed",
        parse: (text: string) => parseCount(text),
        optional: true,
        variadic: true,
        placeholder: "N",
        brief: "Only this partition; may be repeated",
      },
      exit: switchFlag("Stop at the end that the topic has now"),
      count: countFlag("N", "Stop after so many records"),
      format: textFlag("FORMAT", "How a record is printed, see below"),
      keyDelimiter: textFlag("TEXT", "Print the key and this before each value"),
      delimiter: textFlag("TEXT", "What ends a record (default \\n)"),
      nulls: switchFlag("Print NULL for a key or value that is null"),
      group: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "GROUP",
        brief: "Consume as a member of a group, and commit",
        proposeCompletions: groupNames,
      },
      noCommit: switchFlag("Do not commit for the group"),
      isolation: {
        kind: "enum",
        values: ["read_committed", "read_uncommitted"],
        optional: true,
        brief: "Whether records of open and aborted transactions are left out (default " +
          "read_committed)",
      },
      checkCrcs: switchFlag("Verify the checksum of each batch"),
      ...commonParameters,
    },
    aliases: {
      ...commonAliases,
      p: "partition",
      e: "exit",
      c: "count",
      f: "format",
      K: "keyDelimiter",
      D: "delimiter",
      Z: "nulls",
      g: "group",
    },
    positional: {
      kind: "array",
      parameter: {
        parse: String,
        placeholder: "TOPIC",
        brief: "Topics to read",
        proposeCompletions: topicNames,
      },
      minimum: 1,
    },
  },
  docs: {
    brief: "Print records, and go on as they come",
    fullDescription: `Print the records of topics, and go on as they come, until Ctrl-C.

OFFSETS
${wrap(OFFSET_GRAMMAR, 90).map((line) => `  ${line}`).join("\n")}

FORMAT
${FORMAT_LETTERS.split("\n").map((line) => `  ${line}`).join("\n")}

EXAMPLES
  jocko consume orders                                everything, and what comes
  jocko consume orders -e                             what is there now, then stop
  jocko consume orders --offset end                   only what comes from now on
  jocko consume orders --offset -10 -e                the last ten of each partition
  jocko consume orders --offset @-1h:end              the last hour
  jocko consume orders -p 0 --offset 100:200          offsets 100 to 199 of partition 0
  jocko consume orders -e -f '%t %p %o %T %k %v %h\\n'
  jocko consume orders -e -o json                     one JSON object to a line
  jocko consume orders --group billing                as a member of a group

EXIT CODES
  0 stopped as asked  1 failed  2 command line refused  3 no broker reached, or not in time
  4 no such topic or partition`,
  },
});
