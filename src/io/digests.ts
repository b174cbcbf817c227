/** The hash functions that identities are checked with (FIPS 180-4). */
export type HashName = "SHA-256" | "SHA-512";

/** Cryptographic hashes of short inputs, done on the event loop. */
export interface Digests {
  hash(name: HashName, bytes: Uint8Array): Uint8Array;
  /** A keyed hash (RFC 2104). */
  hmac(name: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array;
}
