import { UnsupportedVersionError } from "../protocol_error.ts";

/** What the generated codecs share besides reader and writer. */

/** The default of a field of bytes. */
export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);

/** @throws {UnsupportedVersionError} when `version` is outside `min` to `max` */
export function checkVersion(message: string, version: number, min: number, max: number): void {
  if (version >= min && version <= max) return;
  throw new UnsupportedVersionError(`${message} has no version ${version}, only ${min} to ${max}`);
}

/** The error for a field that is set although the version to write has no room for it. */
export function unsupportedField(
  owner: string,
  field: string,
  version: number,
): UnsupportedVersionError {
  return new UnsupportedVersionError(`version ${version} of ${owner} can't carry ${field}`);
}

/** @throws {UnsupportedVersionError} when the value is null in a version that does not allow it */
export function notNull<T>(value: T | null, owner: string, field: string): T {
  if (value === null) throw new UnsupportedVersionError(`${field} of ${owner} can't be null here`);
  return value;
}
