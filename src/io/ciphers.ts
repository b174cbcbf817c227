/** Bytes of a key. */
export const CIPHER_KEY_BYTES = 32;
/** Bytes of a nonce. */
export const CIPHER_NONCE_BYTES = 12;
/** By how much a sealed text is longer than the plain one: the tag. */
export const CIPHER_TAG_BYTES = 16;

/**
 * Authenticated encryption (RFC 5116) by one cipher, AES-256-GCM or ChaCha20-Poly1305, done on the
 * event loop. A pair of key and nonce must seal once only: a second use lets others forge.
 */
export interface Ciphers {
  /** The encrypted `plain` with the tag behind it. The tag covers `associated` too. */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    plain: Uint8Array,
    associated: Uint8Array,
  ): Uint8Array;
  /**
   * What was sealed; undefined when one of the four differs from what it was sealed with, or when
   * `sealed` is too short to hold a tag. Nothing of a text that fails is given out.
   */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    associated: Uint8Array,
  ): Uint8Array | undefined;
}
