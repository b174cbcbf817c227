/**
 * Bytes that are no message, or a message that its version can't carry. On the way in it ends one
 * connection (or condemns one stored record), never the broker.
 */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";

  /** @param position where in the buffer reading stopped; undefined on the way out */
  constructor(message: string, readonly position?: number) {
    super(position === undefined ? message : `${message} (at byte ${position})`);
  }
}

/** A message, or a value of one of its fields, that the version asked for has no form for. */
export class UnsupportedVersionError extends ProtocolError {
  override readonly name = "UnsupportedVersionError";
}
