/**
 * A statement that must hold whatever the input is. A failure is a bug of ours, never a bad frame:
 * wire errors are values, programming errors throw. Stays on in production.
 *
 * @throws {InvariantError} when `condition` is false
 */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a branch that the types say can't be reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${String(value)}`);
}

/** Thrown by {@link invariant}: the program, not its input, is wrong. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}
