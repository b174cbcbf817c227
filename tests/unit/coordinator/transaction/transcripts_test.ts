/**
 * Plays tests/transcripts/transactions: what the coordinator is told (lines with `>`), and below
 * each what it does. `UPDATE_TRANSCRIPTS=1` writes what it does now into the files.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type {
  CodeResult,
  ProducerResult,
  TransactionEvent,
} from "../../../../src/coordinator/transaction/events.ts";
import {
  STATUS_NAMES,
  type Transaction,
  type TransactionPartitions,
} from "../../../../src/coordinator/transaction/transaction.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { TransactionBench } from "./bench.ts";

const DIRECTORY = fileURLToPath(
  new URL("../../../transcripts/transactions/", import.meta.url),
);
const UPDATES = Deno.env.get("UPDATE_TRANSCRIPTS") === "1";

for (const { name } of [...Deno.readDirSync(DIRECTORY)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  Deno.test(`TransactionMachine keeps to the transcript ${name}`, () => {
    const path = `${DIRECTORY}${name}`;
    const wanted = Deno.readTextFileSync(path);
    const played = play(wanted);
    if (UPDATES) Deno.writeTextFileSync(path, played);
    else assert.equal(played, wanted);
  });
}

/** The transcript with what the machine does below each line of input. */
function play(transcript: string): string {
  const bench = new TransactionBench();
  const output: string[] = [];
  for (const line of transcript.split("\n")) {
    if (line.startsWith("  ")) continue;
    output.push(line);
    if (line.startsWith("> ")) output.push(...carryOut(bench, line.slice(2).split(" ")));
  }
  return output.join("\n");
}

function carryOut(bench: TransactionBench, words: readonly string[]): string[] {
  const [what, id = "", ...rest] = words;
  switch (what) {
    case "init":
      return asked<ProducerResult>(bench, (token, freshProducerId) => ({
        kind: "initProducer",
        token,
        transactionalId: id,
        timeoutMs: Number(option(rest, "timeout") ?? 60_000),
        expected: rest[0]?.includes("/") ? identity(rest[0]) : undefined,
        freshProducerId,
      }));
    case "add":
      return asked<CodeResult>(bench, (token) => ({
        kind: "addPartitions",
        token,
        transactionalId: id,
        ...identity(rest[0]!),
        partitions: partitions(rest[1]!),
        clientVersion: rest[2] === "v2" ? 2 : 0,
      }));
    case "end":
      return asked<ProducerResult>(bench, (token, freshProducerId) => ({
        kind: "endTransaction",
        token,
        transactionalId: id,
        ...identity(rest[0]!),
        committed: rest[1] === "commit",
        clientVersion: rest[2] === "v2" ? 2 : 0,
        freshProducerId,
      }));
    case "verify": {
      const [topic, partition] = rest[1]!.split("-");
      const writer = identity(rest[0]!);
      return [`  ${codeName(bench.machine.verify(id, writer, topic!, Number(partition)))}`];
    }
    case "written":
      return shown(bench.step({
        kind: "markersWritten",
        transactionalId: id,
        ...identity(rest[0]!),
      }));
    case "exhaust":
      return exhaust(bench, id, Number(rest[0]));
    case "wait":
      bench.nowMs += Number(id);
      return [];
    case "timer":
      return shown(bench.step({ kind: id as "abortTimedOut" | "forgetUnused" }));
    case "reload":
      return shown(bench.reload());
    default:
      throw new Error(`unknown word: ${what}`);
  }
}

/** As if the id had come to that epoch the long way. */
function exhaust(bench: TransactionBench, id: string, producerEpoch: number): string[] {
  const transaction = bench.machine.find(id);
  assert.ok(transaction !== undefined);
  bench.machine.replay({ transactionalId: id, transaction: { ...transaction, producerEpoch } });
  return [];
}

function asked<Result extends { readonly errorCode: number }>(
  bench: TransactionBench,
  eventFor: (token: unknown, freshProducerId: number | undefined) => TransactionEvent,
): string[] {
  const { response, effects } = bench.ask<Result & Partial<ProducerResult>>(eventFor);
  const { errorCode, producerId, producerEpoch } = response;
  const hasIdentity = errorCode === ErrorCode.NONE && producerId !== undefined;
  const who = hasIdentity ? ` ${producerId}/${producerEpoch}` : "";
  return [...shown(effects), `  reply ${codeName(errorCode)}${who}`];
}

function shown(effects: ReturnType<TransactionBench["step"]>): string[] {
  return [
    ...effects.records.map(({ transactionalId, transaction }) =>
      `  write ${transactionalId} ${
        transaction === undefined ? "forgotten" : stateText(transaction)
      }`
    ),
    ...effects.timers.map(({ key, delayMs }) => `  arm ${key} ${delayMs}`),
    ...effects.actions.map(({ transaction }) =>
      `  markers ${transaction.transactionalId} ${stateText(transaction)}`
    ),
  ];
}

function stateText(transaction: Transaction): string {
  const { status, producerId, producerEpoch, nextProducerId, partitions } = transaction;
  const list = [...partitions].map(([topic, indexes]) => `${topic}-${indexes.join("+")}`);
  const next = nextProducerId < 0 ? "" : ` then ${nextProducerId}/0`;
  return `${STATUS_NAMES[status]} ${producerId}/${producerEpoch}${next} [${list.join(" ")}]`;
}

function identity(text: string) {
  const [producerId, producerEpoch] = text.split("/").map(Number);
  return { producerId: producerId!, producerEpoch: producerEpoch! };
}

function partitions(text: string): TransactionPartitions {
  const byTopic = new Map<string, number[]>();
  for (const name of text.split(",")) {
    const [topic, index] = name.split("-");
    byTopic.set(topic!, [...byTopic.get(topic!) ?? [], Number(index)]);
  }
  return byTopic;
}

function option(words: readonly string[], name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

function codeName(errorCode: number): string {
  const [name] = Object.entries(ErrorCode).find(([, code]) => code === errorCode) ?? ["?"];
  return name;
}
