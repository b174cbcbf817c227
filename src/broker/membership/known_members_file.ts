/** What a broker remembers of the gossip when it starts again. */
import { crc32c } from "../../base/crc32c.ts";
import type { Logger } from "../../base/logger.ts";
import type { MemberAddress } from "../../gossip/member.ts";
import { type Disk, DiskError } from "../../io/disk.ts";
import { readTextFile, replaceFileLater } from "../../log/atomic_file.ts";

/** Below the data directory. */
export const KNOWN_MEMBERS_FILE = "known-members";

/** Who was there, and how far our own incarnation had got. */
export interface KnownMembers {
  readonly incarnation: number;
  readonly addresses: readonly MemberAddress[];
}

const NOTHING: KnownMembers = { incarnation: 0, addresses: [] };
const FORMAT = 1;
/** More are not read, whatever the file says. */
const ADDRESSES_MAX = 256;

/**
 * The file with the {@link KnownMembers}: losing it costs nothing but time, so a file that can't be
 * read or written is reported and passed over. Writes follow one another, the newest last.
 */
export class KnownMembersFile {
  /** What waits to be written. */
  #wanted: string | undefined;
  /** What the file holds, or will when the write under way has succeeded. */
  #written: string | undefined;
  #writing: Promise<void> | undefined;

  constructor(private readonly disk: Disk, private readonly logger: Logger) {}

  read(): KnownMembers {
    let text;
    try {
      text = readTextFile(this.disk, KNOWN_MEMBERS_FILE);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.logger.warn("known members can't be read", { error: error.message });
      return NOTHING;
    }
    if (text === undefined) return NOTHING;
    const known = parse(text);
    if (known === undefined) this.logger.warn("known members are damaged and passed over");
    return known ?? NOTHING;
  }

  /** Writes when there is something new, off the event loop. */
  save(known: KnownMembers): void {
    const text = format(known);
    if (text === (this.#wanted ?? this.#written)) return;
    this.#wanted = text;
    this.#writing ??= this.#write();
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#wanted !== undefined) {
      const text = this.#wanted;
      this.#wanted = undefined;
      this.#written = text;
      try {
        await replaceFileLater(this.disk, KNOWN_MEMBERS_FILE, text);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        this.#written = undefined;
        this.logger.warn("known members can't be written", { error: error.message });
      }
    }
    this.#writing = undefined;
  }
}

/** Text of lines: format, checksum of what follows, incarnation, then one address each. */
function format({ incarnation, addresses }: KnownMembers): string {
  const lines = addresses.slice(0, ADDRESSES_MAX).map(({ host, port }) => `${host} ${port}\n`);
  const content = `${incarnation}\n${lines.join("")}`;
  return `${FORMAT}\n${checksum(content)}\n${content}`;
}

function parse(text: string): KnownMembers | undefined {
  const [format, sum, ...rest] = text.split("\n");
  const content = rest.join("\n");
  if (format !== String(FORMAT) || sum !== checksum(content)) return undefined;
  const [incarnation, ...lines] = rest;
  const addresses = lines.filter((line) => line !== "").slice(0, ADDRESSES_MAX).map((line) => {
    const space = line.lastIndexOf(" ");
    return { host: line.slice(0, space), port: Number(line.slice(space + 1)) };
  });
  return { incarnation: Number(incarnation), addresses };
}

function checksum(content: string): string {
  const bytes = new TextEncoder().encode(content);
  return crc32c(bytes).toString(16).padStart(8, "0");
}
