import type { Digests, HashName } from "../../../io/digests.ts";

/**
 * `Hi(password, salt, iterations)` of RFC 5802, section 2.2, which is PBKDF2 of RFC 8018 with one
 * block: what a broker stores in place of the password.
 */
export function saltedPassword(
  digests: Digests,
  hash: HashName,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Uint8Array {
  const first = new Uint8Array(salt.length + 4);
  first.set(salt);
  first[salt.length + 3] = 1;
  let block = digests.hmac(hash, password, first);
  const result = Uint8Array.from(block);
  for (let i = 1; i < iterations; i++) {
    block = digests.hmac(hash, password, block);
    for (let j = 0; j < result.length; j++) result[j] = result[j]! ^ block[j]!;
  }
  return result;
}
