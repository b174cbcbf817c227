import { createHash, createHmac } from "node:crypto";
import type { Digests, HashName } from "../io/digests.ts";

const NODE_NAME = { "SHA-256": "sha256", "SHA-512": "sha512" } as const;

/** The hashes of the runtime. */
export class DenoDigests implements Digests {
  hash(name: HashName, bytes: Uint8Array): Uint8Array {
    return createHash(NODE_NAME[name]).update(bytes).digest();
  }

  hmac(name: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array {
    return createHmac(NODE_NAME[name], key).update(bytes).digest();
  }
}
