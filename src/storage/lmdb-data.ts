/**
 * The data file: LMDB under the journal. It is read at any time and written by checkpoints alone.
 * `overlappingSync` is off: with it on, a commit is visible before it is on disk, and an image taken at a loss
 * of power may not open.
 *
 * The format of the file stands with the mark. In format 1 values have no checksums; `upgrade` gives them to a file of
 * that format, a part per transaction, and notes how far it has come in the same transaction.
 */
import { renameSync, rmSync, statSync } from "node:fs";
import { open, type RootDatabase, type Transaction } from "lmdb";
import type { Bytes } from "../base/bytes.ts";
import { chars, raw } from "../base/bytes.ts";
import type { DataFile, JournalMark } from "./data-file.ts";
import {
  checkDataFile,
  DATA_FILE,
  type FileIdentity,
  fileBytes,
  freeBytes,
  leadsTo,
  syncDirectory,
} from "./directory.ts";
import { isNoSpace, reasonOf } from "./disk-errors.ts";
import { type Entry, OpenError, type Write } from "./ordered-store.ts";
import { DamageError, sealed, unsealed } from "./sealed-values.ts";

/**
 * Address space for the file, not memory. A map that is too small is made anew while the old one stays, and the
 * pages in both would count twice as resident; beyond this it grows.
 */
const MAP_BYTES = 2 ** 38;

/** Where the data file notes how far it has the journals: the one key that no layout composes. */
const JOURNAL_MARK_KEY = raw("j");
/** And up to which key its values have checksums, while it is being upgraded from format 1. */
const UPGRADE_KEY = "jp";
const FORMAT = 2;
/** A mark of format 1: two numbers, and no checksum. */
const FIRST_MARK_BYTES = 16;
const UPGRADE_ENTRIES = 5000;
/** Before and behind the first letters of all keys. */
const KEYS_FROM = "\x01";
const KEYS_TO = "\x7f";

const CAUSE_WAIT_MS = 500;

/** With less than this a disk is full: a slice of a checkpoint is about as large. */
const FREE_BYTES_MIN = 1024 * 1024;

/** Keys go to LMDB byte by byte, so that its order is ours. */
const KEY_ENCODER = {
  writeKey: (key: string, target: Buffer, position: number) =>
    position + target.write(key, position, "latin1"),
  readKey: (source: Buffer, start: number, end: number) => source.toString("latin1", start, end),
};

/** Single reads take a transaction too, which the types of LMDB leave out. */
interface MomentReads {
  getBinary(key: string, moment: Moment | undefined): Buffer | undefined;
  getBinaryFast(key: string, moment: Moment | undefined): Buffer | undefined;
}

type Root = RootDatabase<Buffer, string> & MomentReads;

interface Moment {
  readonly transaction: Transaction;
}

export class LmdbData implements DataFile {
  readonly path: string;
  readonly #identity: FileIdentity;
  readonly #root: Root;

  #bytes = 0;
  /** What is read is that of a moment, while it is set. */
  #moment: Moment | undefined;
  /** Values of lower keys have checksums; undefined: all have. */
  #sealedBelow: string | undefined;

  private constructor(path: string, root: Root) {
    this.path = path;
    const { dev, ino } = statSync(path);
    this.#identity = { dev, ino };
    this.#root = root;
    const mark = root.getBinary(chars(JOURNAL_MARK_KEY));
    const isFirst = mark?.length === FIRST_MARK_BYTES;
    this.#sealedBelow = isFirst ? (root.getBinary(UPGRADE_KEY)?.toString("latin1") ?? "") : undefined;
    const format = isFirst || mark === undefined ? 1 : mark.readUInt8(FIRST_MARK_BYTES);
    if (format > FORMAT)
      throw new OpenError(
        `it is of format ${format}, this version reads up to ${FORMAT}: use a newer Detent`,
      );
  }

  /** Opens a file to look at it while another process may have it open. */
  static openToRead(path: string): LmdbData {
    return new LmdbData(path, openFile(path, true));
  }

  /**
   * To be called by the holder of the directory's lock. A file that is missing is made.
   * @param bytesMin what the file is known to have had, in bytes
   * @throws OpenError when it is damaged, cut short or not LMDB's
   */
  static open(directory: string, bytesMin: number): LmdbData {
    const path = `${directory}/${DATA_FILE}`;
    const bytes = fileBytes(path);
    if (bytes !== undefined) checkDataFile(path, bytes, bytesMin);
    // A file half made by a start that was cut off stands under another name and is no store yet; and nobody
    // else has the directory, so that what a process left in LMDB's own lock file is of no use to anyone.
    const unfinished = `${path}.new`;
    for (const left of [unfinished, `${unfinished}-lock`, `${path}-lock`]) rmSync(left, { force: true });
    try {
      if (bytes === undefined) create(path, unfinished);
      return new LmdbData(path, openFile(path));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OpenError(`cannot open '${path}': ${reason}`);
    }
  }

  /** Reads answer with what the file has now until this is called again, whatever another process writes. */
  hold(): void {
    this.#moment?.transaction.done();
    this.#root.resetReadTxn();
    this.#moment = { transaction: this.#root.useReadTransaction() };
  }

  get(key: Bytes): Buffer | undefined {
    // The value lies at the front of a buffer that the next read overwrites, with a length of its own. Copied
    // here it goes into Node's pool of small buffers; LMDB's own copies cost an allocation each.
    const stored = this.#root.getBinaryFast(chars(key), this.#moment);
    if (stored === undefined) return undefined;
    const value = this.#opened(chars(key), stored.subarray(0, stored.length));
    const copy = Buffer.allocUnsafe(value.length);
    copy.set(value);
    return copy;
  }

  has(key: Bytes): boolean {
    return this.#root.getBinaryFast(chars(key), this.#moment) !== undefined;
  }

  *range(from: Bytes, to: Bytes, reverse: boolean): Generator<Entry> {
    const low = chars(from);
    const high = chars(to);
    // LMDB's reverse ranges take their start, the upper bound, as inclusive: the bound itself is skipped here.
    const bounds = reverse
      ? { start: high, end: low, reverse, inclusiveEnd: true }
      : { start: low, end: high };
    for (const { key, value } of this.#root.getRange({ ...bounds, ...this.#moment })) {
      if (!reverse || key < high) yield [raw(key), this.#opened(key, value)];
    }
  }

  /** All there is, in key order. @throws DamageError at a value that is damaged */
  *entries(): Generator<Entry> {
    for (const { key, value } of this.#root.getRange({ start: KEYS_FROM, end: KEYS_TO, ...this.#moment }))
      yield [raw(key), this.#opened(key, value)];
  }

  /** How many there are, by LMDB's own count. */
  get entryCount(): number {
    const { entryCount } = this.#root.getStats() as { entryCount: number };
    return entryCount;
  }

  /** The value in what the file has. @throws DamageError when its checksum does not agree */
  #opened(key: string, stored: Buffer): Buffer {
    if (this.#sealedBelow !== undefined && key >= this.#sealedBelow) return stored;
    const value = unsealed(stored);
    if (value !== undefined) return value;
    throw new DamageError(
      this.path,
      `the value of the key ${JSON.stringify(key)} does not match its checksum`,
    );
  }

  /** Gives checksums to the values of a file of format 1; resumes where it was interrupted. True when that was needed. */
  upgrade(): boolean {
    if (this.#sealedBelow === undefined) return false;
    const mark = this.mark();
    while (this.#upgradePart()) this.#root.resetReadTxn();
    this.#root.transactionSync(() => {
      this.#root.putSync(chars(JOURNAL_MARK_KEY), sealed(encodeMark(mark ?? { number: 0, sequence: 0 })));
      this.#root.removeSync(UPGRADE_KEY);
    });
    this.#sealedBelow = undefined;
    return true;
  }

  /** False when nothing was left. */
  #upgradePart(): boolean {
    const start = this.#sealedBelow || KEYS_FROM;
    const found = [...this.#root.getRange({ start, end: KEYS_TO, limit: UPGRADE_ENTRIES })];
    const last = found.at(-1)?.key;
    if (last === undefined) return false;
    const next = `${last}\0`;
    this.#root.transactionSync(() => {
      for (const { key, value } of found)
        if (key !== chars(JOURNAL_MARK_KEY) && key !== UPGRADE_KEY) this.#root.putSync(key, sealed(value));
      this.#root.putSync(UPGRADE_KEY, Buffer.from(next, "latin1"));
    });
    this.#sealedBelow = next;
    return true;
  }

  /** Writes all or none in LMDB's own thread; resolves when they are on disk. @throws Error of LMDB */
  async apply(writes: Iterable<Write>): Promise<void> {
    const committed = this.#root.batch(() => {
      for (const [key, value] of writes) {
        if (value === null) void this.#root.remove(chars(key));
        else void this.#root.put(chars(key), sealed(value));
      }
    });
    try {
      await committed;
    } catch (error) {
      throw await causeOf(error);
    }
  }

  /**
   * True when LMDB refuses everything from now on, reads included, because it could not write which of its states is the
   * valid one (MDB_PANIC). Each of its two states is whole and the journals lead from either to the present, so that a
   * restart has everything.
   */
  get isLost(): boolean {
    try {
      this.#root.resetReadTxn();
      this.mark();
      return false;
    } catch {
      return true;
    }
  }

  /** What an operator reads of a write that failed. LMDB calls it EIO when the disk took a part only, as a full one does. */
  reasonOf(error: unknown): string {
    const reason = reasonOf(error);
    if (isNoSpace(error) || !this.#isDiskFull) return reason;
    return `the disk is full (${reason})`;
  }

  /**
   * Whether what has failed may be tried again: when it was none of LMDB's own errors, or there was no room, and room can
   * be made. After another error of the disk nobody knows what it holds, and LMDB ends the process when it goes on to write.
   */
  canRetry(error: unknown): boolean {
    // Those have numbers; another one, such as of an archive that cannot be written, leaves LMDB as it was.
    const isOfLmdb = error instanceof Error && "code" in error && typeof error.code === "number";
    return !isOfLmdb || isNoSpace(error) || this.#isDiskFull;
  }

  get #isDiskFull(): boolean {
    return (freeBytes(this.path) ?? FREE_BYTES_MIN) < FREE_BYTES_MIN;
  }

  /** False when the file has been removed or replaced, or the directory it was in. */
  get isInPlace(): boolean {
    return leadsTo(this.path, this.#identity);
  }

  /** Lets reads see what has been committed since they began. */
  renewReads(): void {
    this.#root.resetReadTxn();
  }

  mark(): JournalMark | undefined {
    const stored = this.#root.getBinary(chars(JOURNAL_MARK_KEY), this.#moment);
    const value = stored === undefined || stored.length === FIRST_MARK_BYTES ? stored : unsealed(stored);
    if (stored !== undefined && value === undefined)
      throw new DamageError(this.path, "its mark does not match its checksum");
    return value === undefined
      ? undefined
      : { number: value.readDoubleBE(0), sequence: value.readDoubleBE(8) };
  }

  /** Notes how far the journals have been carried, with the last writes of that; resolves when all is on disk. */
  async setMark(mark: JournalMark, last: readonly Write[] = []): Promise<void> {
    await this.apply([...last, [JOURNAL_MARK_KEY, encodeMark(mark)]]);
    // A process that was killed while it read the file, for a backup, would keep its pages from being used again.
    this.#root.readerCheck();
  }

  /** As `setMark`, but waits. */
  setMarkSync(mark: JournalMark): void {
    this.#root.putSync(chars(JOURNAL_MARK_KEY), sealed(encodeMark(mark)));
  }

  /** The size of the file; what it was when it was last there. */
  get bytes(): number {
    this.#bytes = statSync(this.path, { throwIfNoEntry: false })?.size ?? this.#bytes;
    return this.#bytes;
  }

  /** True for a key that says something of the file, and is not what was written to it. */
  static isOwn(key: Bytes): boolean {
    return key === JOURNAL_MARK_KEY || chars(key) === UPGRADE_KEY;
  }

  /** Bytes of the pages that hold something. */
  get usedBytes(): number {
    const { treeBranchPageCount, treeLeafPageCount, overflowPages, pageSize } =
      this.#root.getStats() as Record<
        "treeBranchPageCount" | "treeLeafPageCount" | "overflowPages" | "pageSize",
        number
      >;
    return (treeBranchPageCount + treeLeafPageCount + overflowPages) * pageSize;
  }

  async close(): Promise<void> {
    this.#moment?.transaction.done();
    this.#moment = undefined;
    await this.#root.close();
  }
}

function encodeMark(mark: JournalMark): Buffer {
  const value = Buffer.alloc(FIRST_MARK_BYTES + 1);
  value.writeDoubleBE(mark.number, 0);
  value.writeDoubleBE(mark.sequence, 8);
  value.writeUInt8(FORMAT, FIRST_MARK_BYTES);
  return value;
}

function create(path: string, unfinished: string): void {
  // Nothing is being written, so that the file is closed when close() returns.
  void openFile(unfinished).close();
  renameSync(unfinished, path);
  rmSync(`${unfinished}-lock`, { force: true });
  syncDirectory(path.slice(0, -DATA_FILE.length));
}

/**
 * A failed commit's error carries a second promise, which is rejected with the cause and would end the process
 * if nobody listened.
 */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && "commitError" in error && error.commitError instanceof Promise))
    return error;
  const cause = error.commitError.then(
    () => error,
    (reason: unknown) => reason,
  );
  // Whether it is always settled is not documented; the failure itself must not wait for that.
  return Promise.race([cause, new Promise((resolve) => setTimeout(resolve, CAUSE_WAIT_MS, error))]);
}

function openFile(path: string, readOnly = false): Root {
  return open<Buffer, string>({
    path,
    noSubdir: true,
    readOnly,
    encoding: "binary",
    keyEncoder: KEY_ENCODER,
    overlappingSync: false,
    // Its batch of all writes of a turn comes with a promise that it keeps to itself: when a commit fails, that
    // is rejected unheard and ends the process. Our batches are explicit.
    eventTurnBatching: false,
    mapSize: MAP_BYTES,
    maxReaders: 16,
    maxDbs: 1,
  } as Parameters<typeof open>[0]) as Root;
}
