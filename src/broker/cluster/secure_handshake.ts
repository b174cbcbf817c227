/**
 * The handshake of the cluster port: both sides show that they hold a cluster key, and get keys for
 * one connection out of it.
 *
 *     hello   client to server, 72 bytes: magic 4, version 1, ciphers 1 (a bit each), key count 1,
 *             zero 1, key ids 8 x 4, nonce 32
 *     reply   server to client, 76 bytes: magic 4, version 1, cipher 1 (one bit), outcome 1, zero 1,
 *             key id 4, nonce 32, proof 32
 *     finish  client to server, 32 bytes: proof
 *
 * Proofs and session keys are HKDF-SHA256 of the cluster key, salted with the SHA-256 of the hello
 * and of the reply up to its proof, each with a label of its own. Both nonces are in there, so a
 * recorded handshake proves nothing again, and so are the offers, so nobody in between can take the
 * better ones out. A proof of one side is never one of the other. The server proves first; until the
 * client has, the server keeps nothing but these bytes and does nothing with what follows.
 *
 * Not given: which of the holders of the key the other side is; and secrecy of recorded connections
 * once a key is known, because nothing but the key goes into the secret.
 */
import { invariant } from "../../base/invariant.ts";
import type { Ciphers } from "../../io/ciphers.ts";
import type { Digests } from "../../io/digests.ts";
import type { ByteStream } from "../../io/network.ts";
import type { Random } from "../../io/random.ts";
import {
  CLUSTER_KEYS_MAX,
  type ClusterKey,
  type ClusterKeys,
  KEY_ID_BYTES,
} from "./cluster_keys.ts";

/** Ends the connection: the other side has no key, or somebody in between changes what is sent. */
export class SecurityError extends Error {
  override readonly name = "SecurityError";
}

/** A cipher by the bit that names it in the handshake. */
export interface StreamCipher {
  readonly bit: number;
  readonly ciphers: Ciphers;
}

/** What both sides need of their surroundings. */
export interface HandshakeOptions {
  readonly keys: ClusterKeys;
  /** Best first. */
  readonly ciphers: readonly StreamCipher[];
  readonly digests: Digests;
  readonly random: Random;
}

/** The outcome on one side. */
export interface Session {
  readonly ciphers: Ciphers;
  readonly sealKey: Uint8Array;
  readonly openKey: Uint8Array;
}

const MAGIC = 0x6a6f636b;
const VERSION = 1;
const NONCE_BYTES = 32;
const PROOF_BYTES = 32;
const IDS_AT = 8;
const HELLO_NONCE_AT = IDS_AT + CLUSTER_KEYS_MAX * KEY_ID_BYTES;
export const HELLO_BYTES = HELLO_NONCE_AT + NONCE_BYTES;
const REPLY_NONCE_AT = IDS_AT + KEY_ID_BYTES;
const REPLY_PROOF_AT = REPLY_NONCE_AT + NONCE_BYTES;
export const REPLY_BYTES = REPLY_PROOF_AT + PROOF_BYTES;
export const FINISH_BYTES = PROOF_BYTES;

const ACCEPTED = 0;
const NO_COMMON_KEY = 1;
const NO_COMMON_CIPHER = 2;

const AES_256_GCM = 1;
const CHACHA20_POLY1305 = 2;

/**
 * The ciphers of this machine, best first: ChaCha20-Poly1305, where the runtime has it, takes a
 * sixth of the time of AES there.
 */
export function streamCiphers(aes256Gcm: Ciphers, chaCha20?: Ciphers): readonly StreamCipher[] {
  const aes = { bit: AES_256_GCM, ciphers: aes256Gcm };
  return chaCha20 === undefined ? [aes] : [{ bit: CHACHA20_POLY1305, ciphers: chaCha20 }, aes];
}

/**
 * The side that has dialled.
 * @throws {SecurityError}, and what the stream throws
 */
export async function shakeHandsAsClient(
  stream: ByteStream,
  options: HandshakeOptions,
): Promise<Session> {
  const hello = makeHello(options);
  await stream.write(hello);
  const reply = await readExactly(stream, REPLY_BYTES);
  const view = new DataView(reply.buffer);
  if (view.getUint32(0) !== MAGIC || reply[4] !== VERSION) {
    throw new SecurityError("the other side does not speak the secured protocol of brokers");
  }
  if (reply[6] === NO_COMMON_KEY) {
    throw new SecurityError("the other side accepts none of our cluster keys");
  }
  const cipher = options.ciphers.find(({ bit }) => bit === reply[5]);
  const key = options.keys.find(view.getUint32(IDS_AT));
  if (reply[6] !== ACCEPTED || cipher === undefined || key === undefined) {
    throw new SecurityError("the other side has no cipher that we have");
  }
  const transcript = transcriptOf(options.digests, hello, reply);
  if (!isEqual(reply.subarray(REPLY_PROOF_AT), serverProof(key, transcript))) {
    throw new SecurityError("the other side did not prove that it has the cluster key");
  }
  await stream.write(clientProof(key, transcript));
  const [toServer, toClient] = sessionKeys(key, transcript);
  return { ciphers: cipher.ciphers, sealKey: toServer, openKey: toClient };
}

/**
 * The side that was dialled.
 * @throws {SecurityError}, and what the stream throws
 */
export async function shakeHandsAsServer(
  stream: ByteStream,
  options: HandshakeOptions,
): Promise<Session> {
  const hello = await readExactly(stream, HELLO_BYTES);
  const view = new DataView(hello.buffer);
  if (view.getUint32(0) !== MAGIC || hello[4] !== VERSION) {
    throw new SecurityError("the other side does not speak the secured protocol of brokers");
  }
  const cipher = options.ciphers.find(({ bit }) => (hello[5]! & bit) !== 0);
  const key = commonKey(options.keys, hello);
  if (key === undefined || cipher === undefined) {
    await stream.write(makeReply(options, key === undefined ? NO_COMMON_KEY : NO_COMMON_CIPHER));
    throw new SecurityError(
      `the other side has no ${key === undefined ? "cluster key" : "cipher"} that we have`,
    );
  }
  const reply = makeReply(options, ACCEPTED, cipher.bit, key.id);
  const transcript = transcriptOf(options.digests, hello, reply);
  reply.set(serverProof(key, transcript), REPLY_PROOF_AT);
  await stream.write(reply);
  const finish = await readExactly(stream, FINISH_BYTES);
  if (!isEqual(finish, clientProof(key, transcript))) {
    throw new SecurityError("the other side did not prove that it has the cluster key");
  }
  const [toServer, toClient] = sessionKeys(key, transcript);
  return { ciphers: cipher.ciphers, sealKey: toClient, openKey: toServer };
}

function makeHello({ keys, ciphers, random }: HandshakeOptions): Uint8Array {
  const hello = new Uint8Array(HELLO_BYTES);
  const view = new DataView(hello.buffer);
  view.setUint32(0, MAGIC);
  hello[4] = VERSION;
  for (const { bit } of ciphers) hello[5]! |= bit;
  invariant(keys.accepted.length <= CLUSTER_KEYS_MAX, "the list of cluster keys is too long");
  hello[6] = keys.accepted.length;
  keys.accepted.forEach((key, index) => view.setUint32(IDS_AT + index * KEY_ID_BYTES, key.id));
  random.fill(hello.subarray(HELLO_NONCE_AT));
  return hello;
}

/** Without its proof. */
function makeReply(
  { random }: HandshakeOptions,
  outcome: number,
  cipherBit = 0,
  keyId = 0,
): Uint8Array {
  const reply = new Uint8Array(REPLY_BYTES);
  const view = new DataView(reply.buffer);
  view.setUint32(0, MAGIC);
  reply[4] = VERSION;
  reply[5] = cipherBit;
  reply[6] = outcome;
  view.setUint32(IDS_AT, keyId);
  random.fill(reply.subarray(REPLY_NONCE_AT, REPLY_PROOF_AT));
  return reply;
}

/** The first of the client's keys that we accept: while keys are changed, its primary one. */
function commonKey(keys: ClusterKeys, hello: Uint8Array): ClusterKey | undefined {
  const view = new DataView(hello.buffer);
  const count = Math.min(hello[6]!, CLUSTER_KEYS_MAX);
  for (let index = 0; index < count; index++) {
    const key = keys.find(view.getUint32(IDS_AT + index * KEY_ID_BYTES));
    if (key !== undefined) return key;
  }
  return undefined;
}

function transcriptOf(digests: Digests, hello: Uint8Array, reply: Uint8Array): Uint8Array {
  const said = new Uint8Array(HELLO_BYTES + REPLY_PROOF_AT);
  said.set(hello);
  said.set(reply.subarray(0, REPLY_PROOF_AT), HELLO_BYTES);
  return digests.hash("SHA-256", said);
}

function serverProof(key: ClusterKey, transcript: Uint8Array): Uint8Array {
  return key.derive("jocko stream server proof", transcript);
}

function clientProof(key: ClusterKey, transcript: Uint8Array): Uint8Array {
  return key.derive("jocko stream client proof", transcript);
}

function sessionKeys(key: ClusterKey, transcript: Uint8Array): [Uint8Array, Uint8Array] {
  return [
    key.derive("jocko stream to server", transcript),
    key.derive("jocko stream to client", transcript),
  ];
}

/** Takes not a byte more than `count` off the stream. */
async function readExactly(stream: ByteStream, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await stream.read(bytes.subarray(at));
    if (read === 0) {
      throw new SecurityError("the other side ended the handshake; it may have no cluster key");
    }
    at += read;
  }
  return bytes;
}

/** In a time that does not tell where the first difference is. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ b[i]!;
  return difference === 0;
}
