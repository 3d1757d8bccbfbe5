/**
 * A journal's file: a head, then records. Two such files are in a directory and take turns, and are written
 * over in place: a commit into blocks the file already has needs no change of the file system's own records,
 * which makes its sync about a third cheaper and independent of what else the disk is doing.
 *
 * The head says which journal the file holds. It stands there twice, and is written one copy after the other
 * with a sync between: whenever the machine stops, one copy is whole. The second copy decides if it is whole,
 * as it changes last.
 *
 * | bytes | field of a copy                                                       |
 * | ----- | --------------------------------------------------------------------- |
 * | 8     | magic with the format's number, 3                                     |
 * | 8     | number of the journal (float64); 0: the file has not been used yet    |
 * | 4     | salt of its records                                                   |
 * | 8     | bytes that data.mdb had at least by then (float64)                    |
 * | 8     | bytes that this file has at least (float64)                           |
 * | 4     | CRC-32 of the above                                                   |
 *
 * Format 1 has no size of the file, and no redo records in its records; before format 3 records have no time. Files of
 * these formats are read, and get a head of format 3 before they take records.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  read,
  readSync,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { type FileIdentity, leadsTo } from "./directory.ts";
import { RECORD_HEAD_BYTES } from "./journal-record.ts";
import { OpenError } from "./ordered-store.ts";

/** Where the first record begins. */
export const RECORDS_OFFSET = 1024;
const COPY_OFFSETS = [0, 512] as const;
const MAGIC_STEM = "DETENTJ";
const MAGIC_BYTES = 8;
const FORMAT = 3;
/** Bytes of a head before its checksum, by format. */
const SUMMED_BYTES = new Map([
  [1, 28],
  [2, 36],
  [FORMAT, 36],
]);
const CRC_BYTES = 4;
/** A file grows by so many zeroed bytes at a time. */
const GROWTH_BYTES = 1024 * 1024;
/** A file that has grown beyond this for the sake of some large values gives the rest back. */
const RECYCLED_BYTES_MAX = 64 * 1024 * 1024;
const NO_HEAD: JournalHead = { number: 0, salt: 0, dataBytesMin: 0, bytesMin: 0 };
const readAsync = promisify(read);
const ZEROS = Buffer.alloc(64 * 1024);

export interface JournalHead {
  readonly number: number;
  readonly salt: number;
  /** data.mdb had at least so many bytes when this head was written. */
  readonly dataBytesMin: number;
  /** As had this file; 0: not known. */
  readonly bytesMin: number;
}

export class JournalFile {
  readonly path: string;
  readonly #descriptor: number;
  /** Undefined for a file that is only read. */
  readonly #asideDescriptor: number | undefined;
  readonly #identity: FileIdentity;
  #head: JournalHead;
  #allocatedBytes: number;
  /** Where the next record goes. */
  #endBytes = RECORDS_OFFSET;

  private constructor(path: string, descriptor: number, head: JournalHead, isWritten = true) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#asideDescriptor = isWritten ? openSync(path, "r+") : undefined;
    this.#head = head;
    const { dev, ino, size } = fstatSync(descriptor);
    this.#identity = { dev, ino };
    this.#allocatedBytes = size;
  }

  /** Makes a file that holds no journal yet; one that is there is overwritten. */
  static create(path: string): JournalFile {
    const file = new JournalFile(path, openSync(path, "w+", 0o644), NO_HEAD);
    file.use(0, 0);
    return file;
  }

  /** Opens a file to look at it: another process may be writing it. @throws OpenError as `open` does */
  static openToRead(path: string): JournalFile {
    return JournalFile.open(path, "r");
  }

  /** @throws OpenError when there is no such file, it is cut short, or neither copy of its head is whole */
  static open(path: string, flags: "r" | "r+" = "r+"): JournalFile {
    const descriptor = openExisting(path, flags);
    try {
      const copies = COPY_OFFSETS.map((offset) => readHead(descriptor, offset));
      const head = copies[1] ?? copies[0];
      if (head !== undefined) {
        assertNotCut(path, fstatSync(descriptor).size, head.bytesMin);
        return new JournalFile(path, descriptor, head, flags === "r+");
      }
      assertNotNewer(path, descriptor);
      throw new OpenError(`'${path}' is damaged (its head is not one): restore the directory from a backup`);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  get head(): JournalHead {
    return this.#head;
  }

  get descriptor(): number {
    return this.#descriptor;
  }

  /**
   * For syncs in another thread. The system tells each descriptor of an error of the disk once, so that one of them learning of
   * it takes nothing from the other.
   */
  get asideDescriptor(): number {
    return this.#asideDescriptor ?? this.#descriptor;
  }

  get firstRecordBytes(): number {
    return RECORDS_OFFSET;
  }

  get endBytes(): number {
    return this.#endBytes;
  }

  get allocatedBytes(): number {
    return this.#allocatedBytes;
  }

  /** False when the file has been removed or replaced, or the directory it was in. */
  get isInPlace(): boolean {
    return leadsTo(this.path, this.#identity);
  }

  /** Makes the file hold records that another had, under that one's number and salt. Synced when this returns. */
  takeOver({ number, salt }: JournalHead, records: Buffer): void {
    this.#writeHead({ number, salt, dataBytesMin: 0, bytesMin: 0 });
    this.#endBytes = RECORDS_OFFSET;
    if (records.length > 0) this.append(records);
    this.sync();
  }

  /** Takes the file into use for another journal; what it held is forgotten. Synced when this returns. */
  use(number: number, dataBytesMin: number): void {
    const bytesMin = Math.min(this.#allocatedBytes, RECYCLED_BYTES_MAX);
    this.#writeHead({ number, salt: randomBytes(4).readUInt32LE(0), dataBytesMin, bytesMin });
    this.#endBytes = RECORDS_OFFSET;
    if (this.#allocatedBytes > bytesMin) this.#shrink(bytesMin);
  }

  /**
   * Gives up all behind `endBytes`, where the next record goes, and makes sure that the head is of the present format.
   * Synced when this returns.
   */
  cut(endBytes: number): void {
    // What is to go may not be on disk yet; the head must not promise less than is needed, nor more than there is.
    this.sync();
    this.#writeHead({ ...this.#head, bytesMin: endBytes });
    this.#shrink(endBytes);
    this.sync();
    this.#endBytes = endBytes;
  }

  /** Makes a record at `offset`, the last one, unreadable: the next one goes there. Not synced. */
  erase(offset: number): void {
    this.#endBytes = offset;
    writeAll(
      this.#descriptor,
      ZEROS.subarray(0, Math.max(0, Math.min(RECORD_HEAD_BYTES, this.#allocatedBytes - offset))),
      offset,
    );
  }

  /** Takes the file to be no longer than is sure: what it has been extended by since is written again. */
  distrustGrowth(): void {
    this.#allocatedBytes = Math.max(this.#endBytes, Math.min(this.#allocatedBytes, this.#head.bytesMin));
  }

  /** Notes how large data.mdb has become, in a file whose records are not needed any more. */
  noteDataBytes(dataBytesMin: number): void {
    this.#writeHead({ ...this.#head, dataBytesMin });
  }

  /** Writes a record behind the others, without a sync. @throws Error of the file system */
  append(record: Buffer): void {
    const end = this.#endBytes + record.length;
    if (end > this.#allocatedBytes) this.#grow(end);
    writeAll(this.#descriptor, record, this.#endBytes);
    this.#endBytes = end;
  }

  sync(): void {
    fdatasyncSync(this.#descriptor);
  }

  /** Up to `length` bytes from `offset` on. */
  read(offset: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.#allocatedBytes - offset)));
    let filled = 0;
    while (filled < buffer.length) {
      const count = readSync(this.#descriptor, buffer, filled, buffer.length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  }

  /** As `read`, while the event loop goes on. What is read must be there. */
  async readAside(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await readAsync(
        this.#descriptor,
        buffer,
        filled,
        length - filled,
        offset + filled,
      );
      if (bytesRead === 0) throw new Error(`'${this.path}' is shorter than it was`);
      filled += bytesRead;
    }
    return buffer;
  }

  close(): void {
    closeSync(this.#descriptor);
    if (this.#asideDescriptor !== undefined) closeSync(this.#asideDescriptor);
  }

  #writeHead(head: JournalHead): void {
    const copy = encodeHead(head);
    for (const offset of COPY_OFFSETS) {
      writeAll(this.#descriptor, copy, offset);
      fdatasyncSync(this.#descriptor);
    }
    this.#head = head;
  }

  #grow(end: number): void {
    const target = Math.ceil(end / GROWTH_BYTES) * GROWTH_BYTES;
    // A file that is new has a head and nothing else, and is not yet as long as the head's place.
    this.#allocatedBytes = Math.max(this.#allocatedBytes, RECORDS_OFFSET);
    while (this.#allocatedBytes < target) {
      const zeros = ZEROS.subarray(0, Math.min(ZEROS.length, target - this.#allocatedBytes));
      writeAll(this.#descriptor, zeros, this.#allocatedBytes);
      this.#allocatedBytes += zeros.length;
    }
    // The size first, then the head that promises it.
    this.sync();
    this.#writeHead({ ...this.#head, bytesMin: target });
  }

  #shrink(bytes: number): void {
    ftruncateSync(this.#descriptor, bytes);
    this.#allocatedBytes = Math.min(this.#allocatedBytes, bytes);
  }
}

function assertNotCut(path: string, bytes: number, bytesMin: number): void {
  if (bytes >= bytesMin) return;
  throw new OpenError(
    `the journal '${path}' is cut short (it has ${bytes} bytes and had ${bytesMin}): commits may be missing that are ` +
      "nowhere else. Restore the directory from a backup; or, to give up what is missing, copy the directory, then run: " +
      `truncate -s ${bytesMin} '${path}'`,
  );
}

function openExisting(path: string, flags: "r" | "r+"): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OpenError(
      `cannot open the journal '${path}': ${reason}: it may hold commits that are nowhere else, restore it with data.mdb`,
    );
  }
}

function writeAll(descriptor: number, bytes: Buffer, offset: number): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written, bytes.length - written, offset + written);
  }
}

/** All that stands before the records of a file with this head. */
export function encodeHeadCopies(head: JournalHead): Buffer {
  const buffer = Buffer.alloc(RECORDS_OFFSET);
  for (const offset of COPY_OFFSETS) encodeHead(head).copy(buffer, offset);
  return buffer;
}

function encodeHead(head: JournalHead): Buffer {
  const summedBytes = SUMMED_BYTES.get(FORMAT) ?? 0;
  const buffer = Buffer.alloc(summedBytes + CRC_BYTES);
  buffer.write(`${MAGIC_STEM}${FORMAT}`, "latin1");
  buffer.writeDoubleLE(head.number, 8);
  buffer.writeUInt32LE(head.salt, 16);
  buffer.writeDoubleLE(head.dataBytesMin, 20);
  buffer.writeDoubleLE(head.bytesMin, 28);
  buffer.writeUInt32LE(crc32(buffer.subarray(0, summedBytes)), summedBytes);
  return buffer;
}

/** Undefined when the copy is not whole, or of another format. */
function readHead(descriptor: number, offset: number): JournalHead | undefined {
  const buffer = Buffer.alloc(COPY_OFFSETS[1]);
  const count = readSync(descriptor, buffer, 0, buffer.length, offset);
  const format = formatOf(buffer);
  const summedBytes = SUMMED_BYTES.get(format);
  if (summedBytes === undefined || count < summedBytes + CRC_BYTES) return undefined;
  if (crc32(buffer.subarray(0, summedBytes)) !== buffer.readUInt32LE(summedBytes)) return undefined;
  return {
    number: buffer.readDoubleLE(8),
    salt: buffer.readUInt32LE(16),
    dataBytesMin: buffer.readDoubleLE(20),
    bytesMin: format === 1 ? 0 : buffer.readDoubleLE(28),
  };
}

function formatOf(head: Buffer): number {
  const magic = head.toString("latin1", 0, MAGIC_BYTES);
  return magic.startsWith(MAGIC_STEM) ? Number(magic.slice(MAGIC_STEM.length)) : Number.NaN;
}

function assertNotNewer(path: string, descriptor: number): void {
  const head = Buffer.alloc(MAGIC_BYTES);
  readSync(descriptor, head, 0, MAGIC_BYTES, COPY_OFFSETS[1]);
  const format = formatOf(head);
  if (!(format > FORMAT)) return;
  throw new OpenError(
    `the journal '${path}' is of format ${format}, this version reads up to ${FORMAT}: use a newer Detent`,
  );
}
