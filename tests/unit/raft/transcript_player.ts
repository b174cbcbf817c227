import type { NodeId } from "../../../src/raft/messages.ts";
import { DEFAULT_RAFT_CONFIG } from "../../../src/raft/raft_config.ts";
import { type Packet, RaftWorld } from "./raft_world.ts";
import { effectText, messageText, progressText, stateText } from "./transcript_words.ts";

/** Each settling ends sooner, unless messages breed. */
const DELIVERIES_MAX = 300;

/**
 * Plays the lines with `>` of a transcript; see `tests/transcripts/raft`.
 *
 * Time stands still but for `advance`, and `pass`, which delivers messages on the way. Messages wait
 * until they are delivered; disks flush at once unless they are slow. Chance is a half unless told.
 */
export class TranscriptPlayer {
  readonly #out: string[] = [];
  #world = new RaftWorld();
  readonly #cut = new Set<NodeId>();
  #isQuiet = false;

  /** The transcript with what happens now below each line. */
  play(transcript: string): string {
    for (const line of transcript.split("\n")) {
      if (line.startsWith(">")) {
        this.#out.push(line);
        const [command = "", ...words] = line.slice(1).trim().split(/ +/);
        this.#run(command, words);
        this.#losePackets((packet) => this.#isCut(packet), false);
      } else if (line.startsWith("#") || line.trim() === "") this.#out.push(line);
    }
    return this.#out.join("\n");
  }

  #say(line: string): void {
    if (!this.#isQuiet) this.#out.push(`  ${line}`);
  }

  #run(command: string, words: readonly string[]): void {
    const world = this.#world;
    const [node = "", other = ""] = words;
    switch (command) {
      case "group":
        return this.#group(words);
      case "quietly":
        this.#isQuiet = true;
        this.#run(node, words.slice(1));
        this.#isQuiet = false;
        return;
      case "show":
        return this.#show(words);
      case "advance":
        return this.#advance(Number(node));
      case "pass":
        return this.#pass(Number(node));
      case "chance":
        world.random = () => Number(node);
        return;
      case "campaign":
        return world.step(node, { type: "campaign" });
      case "propose":
        return world.propose(node, Number(other || 1));
      case "read":
        return world.read(node);
      case "add-voter":
        return world.step(node, { type: "changeVoters", add: other });
      case "remove-voter":
        return world.step(node, { type: "changeVoters", remove: other });
      case "transfer":
        return world.step(node, { type: "transfer", to: other });
      case "lost":
        return world.step(node, { type: "peerLost", peer: other });
      default:
        return this.#runOnMachine(command, words);
    }
  }

  #runOnMachine(command: string, words: readonly string[]): void {
    const world = this.#world;
    const [node = "", other = ""] = words;
    switch (command) {
      case "settle":
        return this.#settle();
      case "deliver":
        return this.#deliver(words);
      case "lose":
        return this.#losePackets(matching(words), true);
      case "cut":
        for (const each of words) this.#cut.add(each);
        return;
      case "heal":
        return this.#cut.clear();
      case "slow-disk":
        world.slowDisks.add(node);
        return;
      case "flush":
        return world.flush(node);
      case "full-disk":
        return this.#takeBack(node, Number(other));
      case "compact":
        world.compact(node);
        return;
      case "unreadable":
        return world.step(node, { type: "unreadable", to: other });
      case "crash":
        world.crash(node);
        return this.#losePackets(({ message }) => message.from === node, false);
      case "damage":
        return world.damage(node, Number(other));
      case "start":
        return world.start(node);
      default:
        throw new SyntaxError(`no such command: ${command}`);
    }
  }

  /**
   * `1` votes, `4*` observes, `1=1,1,2` has entries of these terms. `appends=2` limits those that are
   * unanswered, `batches=1` those in one message; `term=3` was seen by all.
   */
  #group(words: readonly string[]): void {
    const option = (name: string, otherwise: number) => {
      const found = words.find((word) => word.startsWith(`${name}=`));
      return found === undefined ? otherwise : Number(found.slice(name.length + 1));
    };
    const term = option("term", 0);
    this.#world = new RaftWorld({
      ...DEFAULT_RAFT_CONFIG,
      inflightAppendsMax: option("appends", DEFAULT_RAFT_CONFIG.inflightAppendsMax),
      appendBytesMax: option("batches", 3) * 100,
    });
    this.#world.flushesAtOnce = true;
    this.#world.onEffect = ({ id }, effect) => this.#say(effectText(id, effect));
    const nodes = words.filter((word) => /^\d/.test(word)).map((word) => {
      const [name = "", terms] = word.split("=");
      return {
        id: name.replace("*", ""),
        isVoter: !name.endsWith("*"),
        terms: terms === undefined ? [] : terms.split(",").map(Number),
      };
    });
    const voters = nodes.filter(({ isVoter }) => isVoter).map(({ id }) => id);
    for (const { id, isVoter, terms } of nodes) {
      this.#world.add(id, isVoter ? voters : [], terms);
      // At rest: its time has just begun to run.
      const state = this.#world.state(id);
      state.electionDeadlineMs = 1500;
      state.term = Math.max(state.term, term);
    }
  }

  #show(words: readonly string[]): void {
    for (const [id, { raft }] of this.#world.nodes) {
      if (words.length > 0 && !words.includes(id)) continue;
      if (raft === undefined) {
        this.#say(`${id} is down`);
        continue;
      }
      this.#say(stateText(raft.state));
      for (const [other, progress] of raft.leadership?.progress ?? []) {
        this.#say(progressText(other, progress));
      }
    }
  }

  /** Ticks whoever is due, in the order of the deadlines. */
  #advance(ms: number): void {
    const world = this.#world;
    const endMs = world.nowMs + ms;
    for (;;) {
      const due = [...world.nodes.values()]
        .filter(({ raft }) => raft !== undefined && raft.nextDeadlineMs <= endMs)
        .sort((a, b) => a.raft!.nextDeadlineMs - b.raft!.nextDeadlineMs)[0];
      if (due === undefined) break;
      world.nowMs = Math.max(world.nowMs, due.raft!.nextDeadlineMs);
      world.step(due.id, { type: "tick" });
    }
    world.nowMs = endMs;
  }

  /** As time passes where messages take none. */
  #pass(ms: number): void {
    const endMs = this.#world.nowMs + ms;
    this.#settle();
    while (this.#world.nowMs < endMs) {
      this.#advance(Math.min(10, endMs - this.#world.nowMs));
      this.#settle();
    }
  }

  #settle(): void {
    for (let count = 0; this.#world.network.length > 0; count++) {
      if (count === DELIVERIES_MAX) throw new Error("the group does not settle");
      const packet = this.#world.network.shift()!;
      if (!this.#isCut(packet)) this.#world.deliver(packet);
    }
  }

  /** Those that wait now; what they cause waits. */
  #deliver(words: readonly string[]): void {
    const isWanted = matching(words);
    const wanted = this.#world.network.filter(isWanted);
    this.#world.network = this.#world.network.filter((packet) => !isWanted(packet));
    for (const packet of wanted) if (!this.#isCut(packet)) this.#world.deliver(packet);
  }

  #losePackets(isLost: (packet: Packet) => boolean, isTold: boolean): void {
    const lost = this.#world.network.filter(isLost);
    this.#world.network = this.#world.network.filter((packet) => !isLost(packet));
    if (isTold) { for (const { message } of lost) this.#say(`lost: ${messageText(message)}`); }
  }

  #isCut({ message }: Packet): boolean {
    return this.#cut.has(message.from) || this.#cut.has(message.to);
  }

  /** As when the disk has no room for the last entries that a leader appended. */
  #takeBack(id: NodeId, endOffset: number): void {
    this.#losePackets(({ message }) => message.from === id, false);
    this.#world.takeBack(id, endOffset);
  }
}

/** Packets `from>to`, of one node or all: `1>2`, `1>`, `>2`, or nothing for all. */
function matching(words: readonly string[]): (packet: Packet) => boolean {
  return ({ message }) =>
    words.length === 0 || words.some((word) => {
      const [from = "", to = ""] = word.split(">");
      return (from === "" || from === message.from) && (to === "" || to === message.to);
    });
}
