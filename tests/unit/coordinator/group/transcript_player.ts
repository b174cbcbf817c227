import { ZERO_UUID } from "../../../../src/base/uuid.ts";
import type { Reply } from "../../../../src/coordinator/coordinator.ts";
import type { DeletedOffsets } from "../../../../src/coordinator/group/group_events.ts";
import type { GroupRecord } from "../../../../src/coordinator/group/group_records.ts";
import { errorInfo } from "../../../../src/protocol/error_codes.ts";
import type { JoinGroupResponseInit } from "../../../../src/protocol/generated/join_group_response.ts";
import type { LeaveGroupResponseInit } from "../../../../src/protocol/generated/leave_group_response.ts";
import type { SyncGroupResponseInit } from "../../../../src/protocol/generated/sync_group_response.ts";
import { DEFAULT_GROUP_CONFIG, GroupWorld } from "./group_world.ts";

/** Whom a reply goes to: a client of the transcript, and what it asked for. */
interface Caller {
  readonly who: string;
  readonly what: "join" | "sync" | "leave" | "commit" | "delete-offsets" | "delete-group";
}

const GROUP = "g";
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const errorName = (code: number) => errorInfo(code).name;
const bytes = (from: string) => new TextEncoder().encode(from);

/** Plays the lines with `>` of a transcript; see `tests/transcripts/groups`. */
export class TranscriptPlayer {
  readonly #out: string[] = [];
  readonly #memberIds = new Map<string, string>();
  readonly #generations = new Map<string, number>();
  #world: GroupWorld;
  #idCount = 0;

  constructor() {
    this.#world = this.#newWorld({});
  }

  /** The transcript with what happens now below each line. */
  play(transcript: string): string {
    for (const line of transcript.split("\n")) {
      if (line.startsWith(">")) {
        this.#out.push(line);
        this.#run(line.slice(1).trim());
      } else if (line.startsWith("#") || line.trim() === "") this.#out.push(line);
    }
    return this.#out.join("\n");
  }

  #newWorld(settings: Record<string, string>): GroupWorld {
    const config = { ...DEFAULT_GROUP_CONFIG };
    for (const [name, value] of Object.entries(settings)) {
      Object.assign(config, { [name]: Number(value) });
    }
    return new GroupWorld(
      config,
      (reply, response) => this.#replied(reply, response),
      (record) => this.#say(`record ${recordText(record)}`),
    );
  }

  #say(line: string): void {
    this.#out.push(`  ${line}`);
  }

  #run(line: string): void {
    const [command = "", ...words] = line.split(/ +/);
    const who = words.find((word) => !word.includes("=")) ?? "";
    const options = Object.fromEntries(
      words.filter((word) => word.includes("=")).map((word) => {
        const at = word.indexOf("=");
        return [word.slice(0, at), word.slice(at + 1)];
      }),
    );
    switch (command) {
      case "config":
        this.#world = this.#newWorld(options);
        return;
      case "join":
        return this.#join(who, options);
      case "sync":
        return this.#sync(who, options);
      case "heartbeat": {
        const { machine } = this.#world;
        const code = machine.heartbeat(
          GROUP,
          this.#memberId(who, options),
          options["instance"] ?? null,
          this.#generation(who, options),
          this.#world.now(),
        );
        return this.#say(`${who} heartbeat ${errorName(code)}`);
      }
      case "leave": {
        const token: Caller = { who, what: "leave" };
        const member = {
          memberId: this.#memberId(who, options),
          groupInstanceId: options["instance"] ?? null,
          reason: null,
        };
        return this.#world.submit({ type: "leave", token, groupId: GROUP, members: [member] });
      }
      case "commit":
        return this.#commit(who, options);
      default:
        return this.#runOnGroup(command, who, options);
    }
  }

  #runOnGroup(command: string, who: string, options: Record<string, string>): void {
    const world = this.#world;
    switch (command) {
      case "advance":
        return world.advance(Number(who));
      case "appends":
        world.appendError = Number(options["fail"] ?? 0);
        return;
      case "restart":
        return world.restart();
      case "marker":
        return world.endTransaction(
          { producerId: Number(options["producer"]), producerEpoch: 0 },
          who === "commit",
        );
      case "delete-offsets": {
        const token: Caller = { who: "admin", what: "delete-offsets" };
        const [topic = "", partition = "0"] = who.split(":");
        const partitions = [{ topic, partition: Number(partition) }];
        return world.submit({ type: "delete_offsets", token, groupId: GROUP, partitions });
      }
      case "delete-group": {
        const token: Caller = { who: "admin", what: "delete-group" };
        return world.submit({ type: "delete_group", token, groupId: GROUP });
      }
      case "delete-topic":
        return world.submit({ type: "topics_deleted", groupId: GROUP, topics: new Set([who]) });
      case "expire":
        return world.submit({ type: "expire_offsets", groupId: GROUP });
      case "show":
        return this.#show();
      default:
        throw new SyntaxError(`no such command: ${command}`);
    }
  }

  #memberId(who: string, options: Record<string, string>): string {
    return options["member"] ?? this.#memberIds.get(who) ?? "";
  }

  #generation(who: string, options: Record<string, string>): number {
    return Number(options["generation"] ?? this.#generations.get(who) ?? -1);
  }

  #join(who: string, options: Record<string, string>): void {
    const session = Number(options["session"] ?? 10_000);
    const topics = (options["topics"] ?? "t").split(",");
    const protocols = (options["protocols"] ?? "range").split(",").map((name) => ({
      name,
      metadata: subscription(topics, options["metadata"] ?? ""),
    }));
    const version = Number(options["version"] ?? 9);
    const groupInstanceId = options["instance"] ?? null;
    const token: Caller = { who, what: "join" };
    this.#world.submit({
      type: "join",
      token,
      request: {
        groupId: options["group"] ?? GROUP,
        sessionTimeoutMs: session,
        rebalanceTimeoutMs: Number(options["rebalance"] ?? 30_000),
        memberId: this.#memberId(who, options),
        groupInstanceId,
        protocolType: options["type"] ?? "consumer",
        protocols: options["protocols"] === "" ? [] : protocols,
        reason: null,
      },
      client: {
        clientId: who,
        clientHost: "/127.0.0.1",
        newMemberId: `${groupInstanceId ?? who}-${++this.#idCount}`,
        requiresKnownMemberId: version >= 4,
        supportsSkippingAssignment: version >= 9,
      },
    });
  }

  #sync(who: string, options: Record<string, string>): void {
    const assignments = (options["assign"] ?? "").split(",").filter((part) => part !== "")
      .map((part) => {
        const [name = "", what = ""] = part.split(":");
        return { memberId: this.#memberIds.get(name) ?? name, assignment: bytes(what) };
      });
    const token: Caller = { who, what: "sync" };
    this.#world.submit({
      type: "sync",
      token,
      request: {
        groupId: GROUP,
        generationId: this.#generation(who, options),
        memberId: this.#memberId(who, options),
        groupInstanceId: options["instance"] ?? null,
        protocolType: options["type"] ?? null,
        protocolName: options["protocol"] ?? null,
        assignments,
      },
    });
  }

  #commit(who: string, options: Record<string, string>): void {
    const [topic = "t", partition = "0"] = (options["to"] ?? "t:0").split(":");
    const producerId = options["producer"];
    const token: Caller = { who, what: "commit" };
    this.#world.submit({
      type: "commit",
      token,
      groupId: GROUP,
      memberId: this.#memberId(who, options),
      groupInstanceId: options["instance"] ?? null,
      generationId: this.#generation(who, options),
      retentionMs: Number(options["retention"] ?? -1),
      producer: producerId === undefined
        ? undefined
        : { producerId: Number(producerId), producerEpoch: 0 },
      unknownGroupError: 69,
      offsets: [{
        topic,
        topicId: ZERO_UUID,
        partition: Number(partition),
        offset: Number(options["offset"] ?? 0),
        leaderEpoch: Number(options["epoch"] ?? -1),
        metadata: options["metadata"] ?? "",
      }],
    });
  }

  #replied({ token }: Reply, response: unknown): void {
    const { who, what } = token as Caller;
    switch (what) {
      case "join":
        return this.#joined(who, response as JoinGroupResponseInit);
      case "sync": {
        const { errorCode, assignment } = response as SyncGroupResponseInit;
        const outcome = errorCode === 0 ? `assignment=${text(assignment)}` : errorName(errorCode);
        return this.#say(`${who} synced ${outcome}`);
      }
      case "leave": {
        const { errorCode, members } = response as LeaveGroupResponseInit;
        const codes = members.map(({ errorCode }) => errorName(errorCode));
        return this.#say([who, "left", errorName(errorCode), ...codes].join(" "));
      }
      case "delete-offsets": {
        const { errorCode, partitionErrors } = response as DeletedOffsets;
        const codes = partitionErrors.map(errorName);
        return this.#say(["offsets deleted", errorName(errorCode), ...codes].join(" "));
      }
      default:
        return this.#say(`${who} ${what} ${errorName(response as number)}`);
    }
  }

  #joined(who: string, response: JoinGroupResponseInit): void {
    const { errorCode, memberId, generationId, leader, protocolName, members } = response;
    if (errorCode === 0 || errorName(errorCode) === "MEMBER_ID_REQUIRED") {
      this.#memberIds.set(who, memberId);
    }
    if (errorCode !== 0) return this.#say(`${who} joined ${errorName(errorCode)} id=${memberId}`);
    this.#generations.set(who, generationId ?? -1);
    const parts = [`generation=${generationId}`, `id=${memberId}`, `leader=${leader}`];
    parts.push(`protocol=${protocolName}`);
    if (members.length > 0) parts.push(`members=${members.map((m) => m.memberId).join(",")}`);
    if (response.skipAssignment) parts.push("skip-assignment");
    this.#say(`${who} joined ${parts.join(" ")}`);
  }

  #show(): void {
    const group = this.#world.machine.group(GROUP);
    if (group === undefined) return this.#say("no group");
    const members = Array.from(group.members(), ({ memberId }) => memberId).join(",");
    this.#say(
      `${group.state} generation=${group.generationId} protocol=${group.protocolName} members=${members}`,
    );
    for (const [topic, partitions] of this.#world.machine.offsetsOf(GROUP)) {
      for (const [partition, { value }] of partitions) {
        const { offset, leaderEpoch, metadata } = value;
        this.#say(`offset ${topic}:${partition} ${offset} epoch=${leaderEpoch} "${metadata}"`);
      }
    }
  }
}

function recordText({ type, value, ...record }: GroupRecord): string {
  const key = "topic" in record ? `offset ${record.topic}:${record.partition}` : type;
  if (value === null) return `${key} tombstone`;
  if ("offset" in value) return `${key} ${value.offset}`;
  const members = value.members.map((m) => `${m.memberId}=${text(m.assignment)}`);
  return [`group generation=${value.generation} protocol=${value.protocol}`, ...members].join(" ");
}

/** A consumer's subscription, version 0, with `extra` as its user data. */
export function subscription(topics: readonly string[], extra = ""): Uint8Array {
  const parts: number[] = [0, 0, 0, 0, 0, topics.length];
  for (const topic of topics) parts.push(0, topic.length, ...bytes(topic));
  parts.push(0, 0, 0, extra.length, ...bytes(extra));
  return Uint8Array.from(parts);
}
