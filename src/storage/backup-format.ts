/**
 * A backup: one file that holds a store as it was after one commit. It is written and read from front to end, whatever
 * its size. After the magic come sections, little-endian:
 *
 * | bytes | field                                                                      |
 * | ----- | -------------------------------------------------------------------------- |
 * | 1     | kind: H, J, D or E                                                         |
 * | 4     | bytes of the body                                                          |
 * | 4     | CRC-32 of kind, length and body, begun with the CRC of the section before  |
 * | body  |                                                                            |
 *
 * | kind | body                                                                                              |
 * | ---- | ------------------------------------------------------------------------------------------------- |
 * | H    | the head, JSON: once, first                                                                       |
 * | J    | a piece of the records of a journal (journal-record.ts): number of the journal (float64), records |
 * | D    | entries of the data file in the order of keys: key bytes u16, value bytes u32, key, value         |
 * | E    | the end, JSON: how many entries there are: once, last                                             |
 *
 * As each checksum continues the one before, a section that is missing, doubled or out of its place is found too.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { chars, raw } from "../base/bytes.ts";
import { fileFault } from "../base/file-fault.ts";
import type { JournalMark } from "./data-file.ts";
import { type Entry, OpenError } from "./ordered-store.ts";

const MAGIC_STEM = "DETENTB";
const FORMAT = 1;
const MAGIC = Buffer.from(`${MAGIC_STEM}${FORMAT}`, "latin1");
const SECTION_HEAD_BYTES = 9;
const CRC_FROM = 5;
const ENTRY_HEAD_BYTES = 6;
const NUMBER_BYTES = 8;
/** A section is closed when it has so many bytes; one entry may have more. */
const SECTION_BYTES = 512 * 1024;

/** What a backup says of itself. */
export interface BackupHead {
  /** When it was made, ms since the epoch. */
  readonly madeAtMs: number;
  /** The last commit that it holds, and when that was made; undefined: not known. */
  readonly position: number;
  readonly positionAtMs: number | undefined;
  /** How far its entries have the journals. */
  readonly mark: JournalMark;
  /** The journals whose records it holds, oldest first. */
  readonly journals: readonly BackupJournal[];
}

export interface BackupJournal {
  readonly number: number;
  readonly salt: number;
}

export type BackupSection =
  | { readonly kind: "head"; readonly head: BackupHead }
  | { readonly kind: "records"; readonly journal: number; readonly records: Buffer }
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  | { readonly kind: "end"; readonly entryCount: number };

/** Writes a backup to a file that does not exist yet. */
export class BackupWriter {
  readonly #descriptor: number;
  #crc = 0;
  #bytes = 0;
  #entryCount = 0;
  #entries: Buffer[] = [];
  #entryBytes = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "wx", 0o600);
    this.#write(MAGIC);
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  head(head: BackupHead): void {
    this.#section("H", Buffer.from(JSON.stringify(head), "utf8"));
  }

  records(journal: number, records: Buffer): void {
    const number = Buffer.alloc(NUMBER_BYTES);
    number.writeDoubleLE(journal);
    for (let at = 0; at < records.length; at += SECTION_BYTES)
      this.#section("J", Buffer.concat([number, records.subarray(at, at + SECTION_BYTES)]));
  }

  entry([key, value]: Entry): void {
    const text = chars(key);
    const head = Buffer.alloc(ENTRY_HEAD_BYTES + text.length);
    head.writeUInt16LE(text.length, 0);
    head.writeUInt32LE(value.length, 2);
    head.write(text, ENTRY_HEAD_BYTES, "latin1");
    this.#entries.push(head, value);
    this.#entryBytes += head.length + value.length;
    this.#entryCount += 1;
    if (this.#entryBytes >= SECTION_BYTES) this.#endEntries();
  }

  /** Ends the backup, which is on disk when this returns. */
  end(): void {
    this.#endEntries();
    this.#section("E", Buffer.from(JSON.stringify({ entryCount: this.#entryCount }), "utf8"));
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }

  /** Closes a file that is to be given up. */
  abandon(): void {
    closeSync(this.#descriptor);
  }

  #endEntries(): void {
    if (this.#entries.length === 0) return;
    this.#section("D", Buffer.concat(this.#entries));
    this.#entries = [];
    this.#entryBytes = 0;
  }

  #section(kind: string, body: Buffer): void {
    const head = Buffer.alloc(SECTION_HEAD_BYTES);
    head.write(kind, 0, "latin1");
    head.writeUInt32LE(body.length, 1);
    this.#crc = crc32(body, crc32(head.subarray(0, CRC_FROM), this.#crc));
    head.writeUInt32LE(this.#crc, CRC_FROM);
    this.#write(head);
    this.#write(body);
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    this.#bytes += bytes.length;
  }
}

/** What a backup says of itself, without a look at the rest. @throws OpenError when it is none */
export function readBackupHead(path: string): BackupHead {
  for (const section of readBackup(path)) if (section.kind === "head") return section.head;
  throw damaged(path, 0, "it has no head");
}

/**
 * The sections of a backup, in order. Lazy; the file is closed at the end, or when the reader stops.
 * @param onProgress hears how many bytes have been read, and how many there are
 * @throws OpenError that says where the file is damaged, once that place is reached
 */
export function* readBackup(
  path: string,
  onProgress: (bytes: number, of: number) => void = () => undefined,
): Generator<BackupSection> {
  const descriptor = openBackup(path);
  try {
    const { size } = fstatSync(descriptor);
    assertMagic(path, readAt(descriptor, 0, MAGIC.length));
    let offset = MAGIC.length;
    let crc = 0;
    let entryCount = 0;
    for (;;) {
      const head = readAt(descriptor, offset, SECTION_HEAD_BYTES);
      const length = head.length === SECTION_HEAD_BYTES ? head.readUInt32LE(1) : 0;
      if (head.length < SECTION_HEAD_BYTES || offset + SECTION_HEAD_BYTES + length > size)
        throw damaged(path, offset, "it is cut short");
      const body = readAt(descriptor, offset + SECTION_HEAD_BYTES, length);
      crc = crc32(body, crc32(head.subarray(0, CRC_FROM), crc));
      if (crc !== head.readUInt32LE(CRC_FROM)) throw damaged(path, offset, "a checksum does not agree");
      offset += SECTION_HEAD_BYTES + length;
      const section = decodeSection(path, offset, head.toString("latin1", 0, 1), body);
      if (section.kind === "entries") entryCount += section.entries.length;
      onProgress(offset, size);
      yield section;
      if (section.kind !== "end") continue;
      if (section.entryCount !== entryCount)
        throw damaged(path, offset, `it has ${entryCount} entries instead of ${section.entryCount}`);
      if (offset !== size) throw damaged(path, offset, "something stands behind its end");
      return;
    }
  } finally {
    closeSync(descriptor);
  }
}

function openBackup(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new OpenError(`cannot open the backup '${path}': ${fileFault(error)}`);
  }
}

function assertMagic(path: string, magic: Buffer): void {
  if (magic.equals(MAGIC)) return;
  const text = magic.toString("latin1");
  if (text.startsWith(MAGIC_STEM))
    throw new OpenError(
      `the backup '${path}' is of format ${text.slice(MAGIC_STEM.length)}, this version reads format ${FORMAT}: use a newer Detent`,
    );
  throw new OpenError(`'${path}' is not a backup of Detent`);
}

function decodeSection(path: string, offset: number, kind: string, body: Buffer): BackupSection {
  switch (kind) {
    case "H":
      // Written by `head`, and its checksum agrees.
      return { kind: "head", head: JSON.parse(body.toString("utf8")) as BackupHead };
    case "J":
      return { kind: "records", journal: body.readDoubleLE(0), records: body.subarray(NUMBER_BYTES) };
    case "D":
      return { kind: "entries", entries: decodeEntries(body) };
    case "E":
      return {
        kind: "end",
        entryCount: (JSON.parse(body.toString("utf8")) as { entryCount: number }).entryCount,
      };
    default:
      throw damaged(path, offset, `it has a section of the unknown kind ${JSON.stringify(kind)}`);
  }
}

function decodeEntries(body: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < body.length; ) {
    const keyEnd = at + ENTRY_HEAD_BYTES + body.readUInt16LE(at);
    const end = keyEnd + body.readUInt32LE(at + 2);
    entries.push([raw(body.toString("latin1", at + ENTRY_HEAD_BYTES, keyEnd)), body.subarray(keyEnd, end)]);
    at = end;
  }
  return entries;
}

function readAt(descriptor: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(descriptor, buffer, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

function damaged(path: string, offset: number, what: string): OpenError {
  return new OpenError(`the backup '${path}' is damaged at byte ${offset}: ${what}: use another backup`);
}
