/** An entry of an index of a segment. */
export type IndexEntry =
  | { readonly offset: number; readonly position: number }
  | { readonly offset: number; readonly timestamp: number };

const OFFSET_ENTRY_BYTES = 8;
const TIME_ENTRY_BYTES = 12;

/**
 * The entries of an index file by its name, such as `00000000000000000000.index`: the name holds
 * the offset that the entries count from. Undefined when it is no index.
 *
 * Indexes are sized ahead and filled up with zeros, so the entries end where they would go back.
 */
export function readIndex(name: string, bytes: Uint8Array): IndexEntry[] | undefined {
  const match = /^(\d{20})\.(index|timeindex)$/.exec(name);
  if (match === null) return undefined;
  const baseOffset = Number(match[1]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return match[2] === "index" ? offsetEntries(view, baseOffset) : timeEntries(view, baseOffset);
}

function offsetEntries(view: DataView, baseOffset: number): IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (let at = 0; at + OFFSET_ENTRY_BYTES <= view.byteLength; at += OFFSET_ENTRY_BYTES) {
    const relative = view.getUint32(at);
    const position = view.getUint32(at + 4);
    if (relative === 0 && position === 0) break;
    entries.push({ offset: baseOffset + relative, position });
  }
  return entries;
}

function timeEntries(view: DataView, baseOffset: number): IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (let at = 0; at + TIME_ENTRY_BYTES <= view.byteLength; at += TIME_ENTRY_BYTES) {
    const timestamp = Number(view.getBigInt64(at));
    if (timestamp === 0) break;
    entries.push({ timestamp, offset: baseOffset + view.getUint32(at + 8) });
  }
  return entries;
}
