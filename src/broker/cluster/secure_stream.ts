/**
 * A stream in sealed records: the length of the rest (3 bytes), and the sealed content with its tag.
 * Each direction has a key of its own, and counts its records for the nonce: a record that is
 * changed, left out, repeated, moved or sent back does not open. What remains possible is to cut
 * the connection between two records; the frames inside have their own lengths.
 */
import { CIPHER_NONCE_BYTES, CIPHER_TAG_BYTES } from "../../io/ciphers.ts";
import type { ByteStream, SocketAddress } from "../../io/network.ts";
import { SecurityError, type Session } from "./secure_handshake.ts";

/** Bytes of content of a record at most. */
export const RECORD_CONTENT_BYTES_MAX = 64 * 1024;
const HEADER_BYTES = 3;
const RECORD_BYTES_MAX = HEADER_BYTES + RECORD_CONTENT_BYTES_MAX + CIPHER_TAG_BYTES;
/** Records that go out in one write. */
const RECORDS_PER_WRITE = 4;
const BUFFER_BYTES_MIN = 4096;
const BUFFER_BYTES_MAX = RECORDS_PER_WRITE * RECORD_BYTES_MAX;

/** The secured form of a stream whose handshake is done. */
export class SecureStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #session: Session;
  readonly #sealNonce = new CountingNonce();
  readonly #openNonce = new CountingNonce();
  /** Received bytes that are not opened yet, from start to end; grows with what comes. */
  #buffer = new Uint8Array(BUFFER_BYTES_MIN);
  #start = 0;
  #end = 0;
  /** Opened content that the last reader had no room for. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Why nothing can be read any more; told when all that came before it has been read. */
  #failure: SecurityError | undefined;

  constructor(stream: ByteStream, session: Session) {
    this.#stream = stream;
    this.#session = session;
  }

  get local(): SocketAddress {
    return this.#stream.local;
  }

  get remote(): SocketAddress {
    return this.#stream.remote;
  }

  /** @throws {SecurityError} when what came was not sealed by the other side; the stream is closed */
  async read(into: Uint8Array): Promise<number> {
    if (into.length === 0) return 0;
    for (;;) {
      const count = this.#take(into);
      if (count > 0) return count;
      if (this.#failure !== undefined) throw this.#failure;
      this.#makeRoom();
      const read = await this.#stream.read(this.#buffer.subarray(this.#end));
      if (read > 0) this.#end += read;
      else if (this.#start === this.#end) return 0;
      else this.#fail("the connection ended within a record");
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(at + RECORDS_PER_WRITE * RECORD_CONTENT_BYTES_MAX, bytes.length);
      await this.#stream.write(this.#sealed(bytes.subarray(at, end)));
      at = end;
    }
  }

  close(): void {
    this.#stream.close();
  }

  /** Fills `into` with what can be opened without waiting; returns how many bytes. */
  #take(into: Uint8Array): number {
    let at = 0;
    while (at < into.length) {
      if (this.#rest.length === 0 && !this.#openRecord()) break;
      const count = Math.min(this.#rest.length, into.length - at);
      into.set(count < this.#rest.length ? this.#rest.subarray(0, count) : this.#rest, at);
      this.#rest = this.#rest.subarray(count);
      at += count;
    }
    return at;
  }

  /** Opens the next record; false when it has not come whole yet, or can't be opened. */
  #openRecord(): boolean {
    const have = this.#end - this.#start;
    if (have < HEADER_BYTES || this.#failure !== undefined) return false;
    const length = this.#recordBytes();
    if (length > RECORD_BYTES_MAX || length <= HEADER_BYTES + CIPHER_TAG_BYTES) {
      return this.#fail(`a record of ${length} bytes`);
    }
    if (have < length) return false;
    const start = this.#start + HEADER_BYTES;
    const content = this.#session.ciphers.open(
      this.#session.openKey,
      this.#openNonce.next(),
      this.#buffer.subarray(start, this.#start + length),
      this.#buffer.subarray(this.#start, start),
    );
    if (content === undefined) return this.#fail("a record was changed, or is not of this place");
    this.#start += length;
    this.#rest = content;
    return true;
  }

  /** Length of the record that begins at the start of the buffer, with its header. */
  #recordBytes(): number {
    const buffer = this.#buffer;
    const at = this.#start;
    return HEADER_BYTES + ((buffer[at]! << 16) | (buffer[at + 1]! << 8) | buffer[at + 2]!);
  }

  /** Sees to it that the record under way fits, and that the next read has room. */
  #makeRoom(): void {
    const have = this.#end - this.#start;
    const needed = have < HEADER_BYTES ? HEADER_BYTES : this.#recordBytes();
    const wasFull = this.#end === this.#buffer.length && this.#start === 0;
    const wanted = wasFull ? 2 * this.#buffer.length : this.#buffer.length;
    const capacity = Math.max(needed, Math.min(wanted, BUFFER_BYTES_MAX));
    if (capacity > this.#buffer.length) {
      const larger = new Uint8Array(capacity);
      larger.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = larger;
    } else if (this.#start > 0) this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#start = 0;
    this.#end = have;
  }

  #sealed(bytes: Uint8Array): Uint8Array {
    const recordCount = Math.ceil(bytes.length / RECORD_CONTENT_BYTES_MAX);
    const out = new Uint8Array(bytes.length + recordCount * (HEADER_BYTES + CIPHER_TAG_BYTES));
    const { ciphers, sealKey } = this.#session;
    let to = 0;
    for (let at = 0; at < bytes.length; at += RECORD_CONTENT_BYTES_MAX) {
      const content = bytes.subarray(at, at + RECORD_CONTENT_BYTES_MAX);
      const length = content.length + CIPHER_TAG_BYTES;
      const header = out.subarray(to, to + HEADER_BYTES);
      header[0] = length >>> 16;
      header[1] = length >>> 8;
      header[2] = length;
      out.set(ciphers.seal(sealKey, this.#sealNonce.next(), content, header), to + HEADER_BYTES);
      to += HEADER_BYTES + length;
    }
    return out;
  }

  #fail(problem: string): false {
    this.#stream.close();
    this.#failure = new SecurityError(problem);
    return false;
  }
}

/** 0, 1, 2... in the last eight bytes of a nonce. */
class CountingNonce {
  readonly #bytes = new Uint8Array(CIPHER_NONCE_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #count = 0;

  /** The same array each time. */
  next(): Uint8Array {
    this.#view.setUint32(CIPHER_NONCE_BYTES - 8, Math.floor(this.#count / 2 ** 32));
    this.#view.setUint32(CIPHER_NONCE_BYTES - 4, this.#count >>> 0);
    this.#count++;
    return this.#bytes;
  }
}
