import { DiskError, type DiskErrorKind } from "../io/disk.ts";

const KIND_OF_CODE: Readonly<Record<string, DiskErrorKind>> = {
  ENOENT: "notFound",
  ENOSPC: "noSpace",
  EDQUOT: "noSpace",
  EIO: "ioError",
  EUCLEAN: "ioError",
  EACCES: "notPermitted",
  EPERM: "notPermitted",
  EROFS: "notPermitted",
};

/** The kind that an error of `Deno.*` or `node:fs` stands for. */
export function diskErrorKind(error: unknown): DiskErrorKind {
  if (error instanceof Deno.errors.NotFound) return "notFound";
  if (error instanceof Deno.errors.PermissionDenied) return "notPermitted";
  if (error instanceof Deno.errors.NotCapable) return "notPermitted";
  const code = errorCode(error);
  return code === undefined ? "other" : KIND_OF_CODE[code] ?? "other";
}

/** Wraps what a call on `path` threw; a {@link DiskError} is handed on as it is. */
export function toDiskError(error: unknown, path: string): DiskError {
  if (error instanceof DiskError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new DiskError(diskErrorKind(error), path, text);
}

/** The system's name of the error, such as `ENOSPC`; undefined when it is none of the system's. */
function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
