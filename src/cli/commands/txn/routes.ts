/** `jocko txn list|describe|abort` */
import { buildCommand, buildRouteMap } from "@stricli/core";
import {
  abortHanging,
  describeProducers,
  describeTransaction,
  fenceProducer,
  listTransactions,
} from "../../../client/admin/transactions.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import { renderFields, renderTable } from "../../output/table.ts";
import { durationText, timeText } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import { CommandError, UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  countFlag,
  type DangerFlags,
  dangerParameters,
  textFlag,
} from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { parseTopicPartitions } from "../topic_partitions.ts";

const ID = { parse: String, placeholder: "ID", brief: "A transactional id" } as const;

const list = action<CommonFlags, []>(async (session) => {
  const rows = (await listTransactions(session.client)).map((transaction) => ({
    transactionalId: transaction.transactionalId,
    producerId: transaction.producerId,
    state: transaction.transactionState,
  }));
  session.print({
    value: rows,
    table: (style) =>
      rows.length === 0 ? "" : renderTable(
        ["TRANSACTIONAL ID", "PRODUCER", "STATE"],
        rows.map((row) => [row.transactionalId, row.producerId, row.state]),
        style,
      ),
  });
  if (rows.length === 0) session.note("no transactional ids");
});

const listCommand = buildCommand<CommonFlags, [], CommandContext>({
  func: list,
  parameters: { flags: commonParameters, aliases: commonAliases },
  docs: {
    brief: "List transactional ids and their states",
    fullDescription: `List the transactional ids that the coordinators know.

EXAMPLES
  jocko txn list
  jocko txn list -o json`,
  },
});

const describe = action<CommonFlags, [string]>(async (session, _flags, id) => {
  const found = await describeTransaction(session.client, id);
  const startedMs = found.transactionStartTimeMs;
  const partitions = found.topics.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition }))
  );
  session.print({
    value: {
      transactionalId: id,
      state: found.transactionState,
      producerId: found.producerId,
      producerEpoch: found.producerEpoch,
      timeoutMs: found.transactionTimeoutMs,
      startedMs: startedMs < 0 ? null : startedMs,
      partitions,
    },
    table: (style) =>
      renderFields([
        ["transactional id", id],
        ["state", found.transactionState],
        ["producer", `${found.producerId}, epoch ${found.producerEpoch}`],
        ["timeout", durationText(found.transactionTimeoutMs)],
        ["started", startedMs < 0 ? "-" : timeText(startedMs)],
        ["partitions", partitions.map((p) => `${p.topic}-${p.partition}`).join(", ") || "none"],
      ], style),
  });
});

const describeCommand = buildCommand<CommonFlags, [string], CommandContext>({
  func: describe,
  parameters: {
    flags: commonParameters,
    aliases: commonAliases,
    positional: { kind: "tuple", parameters: [ID] },
  },
  docs: {
    brief: "Show the transaction of a transactional id",
    fullDescription: `Show the transaction of a transactional id: state, producer, partitions.

EXAMPLES
  jocko txn describe payments-1

EXIT CODES
  0 done  3 no broker reached  4 no such transactional id`,
  },
});

interface AbortFlags extends CommonFlags, DangerFlags {
  readonly hanging?: string | undefined;
  readonly offset?: number | undefined;
}

const abort = action<AbortFlags, [string?]>(async (session, flags, id) => {
  if ((id === undefined) === (flags.hanging === undefined)) {
    throw new UsageError("say a transactional id, or --hanging TOPIC:PARTITION");
  }
  if (flags.hanging !== undefined) return await abortIn(session, flags, flags.hanging);
  const transaction = await describeTransaction(session.client, id!);
  const plan = `fence the producer of ${id}, which aborts what it has open ` +
    `(state ${transaction.transactionState})`;
  const agreed = await session.confirm(plan, flags);
  if (agreed) await fenceProducer(session.client, id!);
  session.print({
    value: { transactionalId: id!, aborted: agreed },
    table: () => agreed ? `fenced the producer of ${id}\n` : "",
  });
});

/** Ends a transaction in a partition that no coordinator knows of any more (KIP-664). */
async function abortIn(session: Session, flags: AbortFlags, text: string): Promise<void> {
  const { topic, partitions } = parseTopicPartitions(text);
  if (partitions?.length !== 1) throw new UsageError(`${text} is no TOPIC:PARTITION`);
  const where = { topic, partition: partitions[0]! };
  const open = (await describeProducers(session.client, where))
    .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0);
  const chosen = flags.offset === undefined
    ? open
    : open.filter(({ currentTxnStartOffset }) => currentTxnStartOffset === flags.offset);
  if (chosen.length !== 1) {
    const starts = open.map((producer) => producer.currentTxnStartOffset).join(", ");
    const message = chosen.length === 0
      ? `no such open transaction in ${text}`
      : `${open.length} transactions are open in ${text}`;
    const advice = open.length > 0 ? `--offset takes their first offsets: ${starts}` : undefined;
    throw new CommandError(message, ExitCode.notFound, advice);
  }
  const producer = chosen[0]!;
  const start = producer.currentTxnStartOffset;
  const plan = `abort the transaction of producer ${producer.producerId} in ${text} from ` +
    `offset ${start} on`;
  const agreed = await session.confirm(plan, flags);
  if (agreed) await abortHanging(session.client, where, producer);
  session.print({
    value: { ...where, producerId: producer.producerId, startOffset: start, aborted: agreed },
    table: () => agreed ? `aborted the transaction in ${text} from offset ${start} on\n` : "",
  });
}

const abortCommand = buildCommand<AbortFlags, [string?], CommandContext>({
  func: abort,
  parameters: {
    flags: {
      hanging: textFlag("TOPIC:PARTITION", "Abort what is open in a partition instead"),
      offset: countFlag("N", "With --hanging: the first offset of the transaction", 0),
      ...dangerParameters,
      ...commonParameters,
    },
    aliases: { ...commonAliases, y: "yes" },
    positional: { kind: "tuple", parameters: [{ ...ID, optional: true }] },
  },
  docs: {
    brief: "Abort a transaction",
    fullDescription:
      `Abort the transaction of a transactional id by fencing its producer, which can't go
on after that. --hanging ends one that no coordinator knows of any more.

EXAMPLES
  jocko txn abort payments-1 --dry-run
  jocko txn abort payments-1 --yes
  jocko txn abort --hanging orders:0 --offset 42 --yes`,
  },
});

export const txnRoutes = buildRouteMap({
  routes: { list: listCommand, describe: describeCommand, abort: abortCommand },
  docs: { brief: "List, describe and abort transactions" },
});
