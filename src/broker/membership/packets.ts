/**
 * The envelope of gossip packets.
 *
 *     version   1 byte    1
 *     kind      1 byte    0 open, 1 sealed
 *     the rest  content, or, sealed:
 *     key id    4 bytes   which of the accepted keys
 *     boot id   16 bytes  the run of the process that sends
 *     counter   8 bytes   one more with each packet of that run, from 0 on
 *     content   AES-256-GCM, with a tag of 16 bytes
 *
 * Each run of a process seals with a key of its own, HKDF of the cluster key and the boot id, and
 * with the counter as the nonce: no pair of key and nonce comes twice. The tag covers the envelope
 * and the boot id of the receiver.
 *
 * So whoever has no key can't read a packet, make one, or change one. It can't have a packet obeyed
 * a second time (each counter of a run is accepted once, within a window), by another member, or by
 * a later run of the same one (the receiver's boot id). It can hold packets back, delay them and put
 * them in another order, as the network does anyway; and it sees who talks to whom, when, and how
 * much. Not covered: a member that has the key and lies, and recorded packets once the key is known.
 */
import { type Uuid, uuidFromBytes, uuidToBytes } from "../../base/uuid.ts";
import { PACKET_BYTES_MAX } from "../../gossip/config.ts";
import { CIPHER_NONCE_BYTES, CIPHER_TAG_BYTES, type Ciphers } from "../../io/ciphers.ts";
import { type ClusterKey, type ClusterKeys, KEY_ID_BYTES } from "../cluster/cluster_keys.ts";
import { ReplayWindow } from "./replay_window.ts";

/** Puts the content of packets in envelopes and takes it out again. */
export interface PacketEnvelope {
  /** @param bootId of the run that the packet is meant for */
  wrap(payload: Uint8Array, bootId: string): Uint8Array;
  /** The content; undefined for what is not a packet for us that may be obeyed. */
  unwrap(packet: Uint8Array): Uint8Array | undefined;
}

const VERSION = 1;
const OPEN = 0;
const SEALED = 1;
const OPEN_HEADER_BYTES = 2;
const BOOT_ID_BYTES = 16;
const KEY_ID_AT = 2;
const BOOT_ID_AT = KEY_ID_AT + KEY_ID_BYTES;
const COUNTER_AT = BOOT_ID_AT + BOOT_ID_BYTES;
const SEALED_HEADER_BYTES = COUNTER_AT + 8;

/** Runs of other members whose keys and counters are kept; the one heard least lately goes first. */
const SENDERS_MAX = 4096;

const UTF8 = new TextEncoder();

/** Without a cluster key: for loopback addresses, where only this machine can send. */
export class OpenPackets implements PacketEnvelope {
  wrap(payload: Uint8Array): Uint8Array {
    const packet = new Uint8Array(OPEN_HEADER_BYTES + payload.length);
    packet[0] = VERSION;
    packet[1] = OPEN;
    packet.set(payload, OPEN_HEADER_BYTES);
    return packet;
  }

  unwrap(packet: Uint8Array): Uint8Array | undefined {
    if (packet.length < OPEN_HEADER_BYTES || packet.length > PACKET_BYTES_MAX) return undefined;
    if (packet[0] !== VERSION || packet[1] !== OPEN) return undefined;
    return packet.subarray(OPEN_HEADER_BYTES);
  }
}

/** A run of a process that has sent a packet which was sealed with an accepted key. */
interface Sender {
  readonly key: Uint8Array;
  readonly window: ReplayWindow;
}

/** With cluster keys: nothing else is obeyed. */
export class SealedPackets implements PacketEnvelope {
  readonly #ciphers: Ciphers;
  readonly #keys: ClusterKeys;
  readonly #bootId: Uint8Array;
  readonly #bootIdText: string;
  readonly #key: Uint8Array;
  #counter = 0;
  /** By key id and boot id; least lately heard first. */
  readonly #senders = new Map<string, Sender>();

  /** @param bootId of this run: random, and never used before */
  constructor(ciphers: Ciphers, keys: ClusterKeys, bootId: Uuid) {
    this.#ciphers = ciphers;
    this.#keys = keys;
    this.#bootId = new Uint8Array(BOOT_ID_BYTES);
    this.#bootIdText = bootId;
    uuidToBytes(bootId, this.#bootId);
    this.#key = senderKey(keys.primary, this.#bootId);
  }

  wrap(payload: Uint8Array, bootId: string): Uint8Array {
    const length = SEALED_HEADER_BYTES + payload.length + CIPHER_TAG_BYTES;
    const packet = new Uint8Array(length);
    const view = new DataView(packet.buffer);
    packet[0] = VERSION;
    packet[1] = SEALED;
    view.setUint32(KEY_ID_AT, this.#keys.primary.id);
    packet.set(this.#bootId, BOOT_ID_AT);
    view.setBigUint64(COUNTER_AT, BigInt(this.#counter++));
    const sealed = this.#ciphers.seal(this.#key, nonceOf(packet), payload, covered(packet, bootId));
    packet.set(sealed, SEALED_HEADER_BYTES);
    return packet;
  }

  unwrap(packet: Uint8Array): Uint8Array | undefined {
    if (packet.length < SEALED_HEADER_BYTES + CIPHER_TAG_BYTES) return undefined;
    if (packet.length > PACKET_BYTES_MAX) return undefined;
    if (packet[0] !== VERSION || packet[1] !== SEALED) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const key = this.#keys.find(view.getUint32(KEY_ID_AT));
    if (key === undefined) return undefined;
    const bootId = packet.subarray(BOOT_ID_AT, COUNTER_AT);
    const name = `${key.id}/${uuidFromBytes(bootId)}`;
    const sender = this.#senders.get(name) ??
      { key: senderKey(key, bootId), window: new ReplayWindow() };
    const payload = this.#ciphers.open(
      sender.key,
      nonceOf(packet),
      packet.subarray(SEALED_HEADER_BYTES),
      covered(packet, this.#bootIdText),
    );
    if (payload === undefined) return undefined;
    this.#remember(name, sender);
    return sender.window.accept(Number(view.getBigUint64(COUNTER_AT))) ? payload : undefined;
  }

  /** Only senders that hold a key get here, so others can't push the known ones out. */
  #remember(name: string, sender: Sender): void {
    this.#senders.delete(name);
    this.#senders.set(name, sender);
    if (this.#senders.size <= SENDERS_MAX) return;
    for (const oldest of this.#senders.keys()) {
      this.#senders.delete(oldest);
      return;
    }
  }
}

function senderKey(key: ClusterKey, bootId: Uint8Array): Uint8Array {
  return key.derive("jocko gossip packet", bootId);
}

/** The counter, behind four zeros. */
function nonceOf(packet: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(CIPHER_NONCE_BYTES);
  nonce.set(packet.subarray(COUNTER_AT, SEALED_HEADER_BYTES), CIPHER_NONCE_BYTES - 8);
  return nonce;
}

/** What the tag covers apart from the content. */
function covered(packet: Uint8Array, receiver: string): Uint8Array {
  const bootId = UTF8.encode(receiver);
  const bytes = new Uint8Array(SEALED_HEADER_BYTES + bootId.length);
  bytes.set(packet.subarray(0, SEALED_HEADER_BYTES));
  bytes.set(bootId, SEALED_HEADER_BYTES);
  return bytes;
}
