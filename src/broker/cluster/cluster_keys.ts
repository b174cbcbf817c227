/** The cluster key: who holds it belongs to the cluster. */
import { CIPHER_KEY_BYTES } from "../../io/ciphers.ts";
import type { Digests } from "../../io/digests.ts";

/** Keys that are accepted at once at most: the old one and the new one, and some to spare. */
export const CLUSTER_KEYS_MAX = 8;
/** Bytes of the public name of a key. */
export const KEY_ID_BYTES = 4;

const UTF8 = new TextEncoder();
/** Ends the input of the first and only block of an expansion (RFC 5869, section 2.3). */
const FIRST_BLOCK = 1;

/** One key of the list. The key itself seals nothing: what does is derived from it (HKDF). */
export class ClusterKey {
  /** Tells keys apart without telling anything of them. */
  readonly id: number;
  readonly #digests: Digests;
  readonly #secret: Uint8Array;

  constructor(digests: Digests, secret: Uint8Array) {
    this.#digests = digests;
    this.#secret = secret;
    const id = this.derive("jocko key id", new Uint8Array(0));
    this.id = new DataView(id.buffer, id.byteOffset).getUint32(0);
  }

  /**
   * A key of 32 bytes for one purpose: HKDF-SHA256 (RFC 5869) with `salt`, which may be public, and
   * `label` and `context` as its information.
   */
  derive(label: string, salt: Uint8Array, context: Uint8Array = new Uint8Array(0)): Uint8Array {
    const extracted = this.#digests.hmac("SHA-256", salt, this.#secret);
    const name = UTF8.encode(label);
    const info = new Uint8Array(name.length + 1 + context.length + 1);
    info.set(name);
    info.set(context, name.length + 1);
    info[info.length - 1] = FIRST_BLOCK;
    return this.#digests.hmac("SHA-256", extracted, info);
  }
}

/**
 * The keys that this broker accepts. The first one seals. A key is changed without a pause in three
 * steps, each on every broker before the next: add the new key behind the old one, put it in front,
 * take the old one away.
 */
export class ClusterKeys {
  readonly #keys: readonly ClusterKey[];

  /** @param secrets of 32 bytes each, one at least */
  constructor(digests: Digests, secrets: readonly Uint8Array[]) {
    this.#keys = secrets.map((secret) => new ClusterKey(digests, secret));
    if (this.#keys.length === 0) throw new RangeError("there is no cluster key");
  }

  get primary(): ClusterKey {
    return this.#keys[0]!;
  }

  get accepted(): readonly ClusterKey[] {
    return this.#keys;
  }

  find(id: number): ClusterKey | undefined {
    return this.#keys.find((key) => key.id === id);
  }
}

/**
 * Reads the operator's list: keys of 32 bytes in Base64, the first one seals, separated by commas
 * or white space.
 * @throws {SyntaxError} that says what is wrong, and nothing of the keys
 */
export function parseClusterKeys(text: string): Uint8Array[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  if (words.length === 0) throw new SyntaxError("there is no key in the list of cluster keys");
  if (words.length > CLUSTER_KEYS_MAX) {
    throw new SyntaxError(`a cluster accepts at most ${CLUSTER_KEYS_MAX} keys at once`);
  }
  const keys = words.map((word, index) => parseKey(word, index + 1));
  const distinct = new Set(keys.map((key) => key.toHex()));
  if (distinct.size < keys.length) throw new SyntaxError("a cluster key is in the list twice");
  return keys;
}

function parseKey(word: string, position: number): Uint8Array {
  const problem = `cluster key ${position} is not ${CIPHER_KEY_BYTES} bytes in Base64, ` +
    `as "openssl rand -base64 ${CIPHER_KEY_BYTES}" prints them`;
  let key;
  try {
    key = Uint8Array.fromBase64(word.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new SyntaxError(problem);
  }
  if (key.length !== CIPHER_KEY_BYTES) throw new SyntaxError(problem);
  return key;
}

/**
 * Why a broker must not listen for the cluster on `host`, or undefined when it may: without a key,
 * everybody who reaches the port could give orders.
 * @param host an IP address
 */
export function clusterListenProblem(host: string, hasKey: boolean): string | undefined {
  if (hasKey || isLoopback(host)) return undefined;
  return `without a cluster key, brokers listen for the cluster on loopback addresses only: ` +
    `${host} could be reached from other machines`;
}

/** True for 127.0.0.0/8 and ::1, also in the form of an IPv4 address mapped to IPv6. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const mapped = bare.replace(/^::ffff:/, "");
  return /^127(\.\d{1,3}){3}$/.test(mapped) || bare === "::1" || bare === "0:0:0:0:0:0:0:1";
}
