/** A source of unpredictable bytes. The simulator replaces it with a seeded one. */
export interface Random {
  /** Overwrites all of `bytes`. */
  fill(bytes: Uint8Array): void;
}
