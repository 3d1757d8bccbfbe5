/**
 * From a directory to a store that can go on: the data file, and over it the commits that only the journals
 * have. All is read and checked first; the directory is changed only when it is sure to be opened.
 */
import type { FrozenTable } from "./checkpointer.ts";
import type { DataFile, JournalMark } from "./data-file.ts";
import type { Derived, PreparedRedo } from "./derived.ts";
import { DATA_FILE, fileBytes, syncDirectory } from "./directory.ts";
import type { JournalPosition } from "./journal.ts";
import { JournalFile } from "./journal-file.ts";
import { assertTornEnd, type ReplayedJournal, replayJournal } from "./journal-reader.ts";
import type { Commit } from "./journal-record.ts";
import { layeredReader } from "./layered-reader.ts";
import { LmdbData } from "./lmdb-data.ts";
import { OpenError, type OrderedReader, type Write } from "./ordered-store.ts";
import type { WriteTable } from "./write-table.ts";

export const JOURNAL_NAMES = ["journal-0.log", "journal-1.log"] as const;

/** What a directory holds, read without a change to its commits. */
export interface Recovered {
  readonly data: LmdbData;
  readonly active: WriteTable;
  /** True when redo records belong to the active table. */
  readonly hasRedo: boolean;
  readonly frozen: FrozenTable | undefined;
  /** Makes the journals ready to take records. Everything recovered is on disk when this returns. */
  goOn(): JournalPosition;
  /** Closes the files, leaving the directory as it is. */
  abandon(): void;
}

/** Who looks at a store before it is changed, and who hears of redo records. */
export interface RecoveryOptions {
  /** May throw. Called when all has been read, and before that with what precedes the first redo record. */
  readonly verify: (reader: OrderedReader) => void;
  readonly derived: Derived | undefined;
  /** An empty table. */
  readonly newTable: () => WriteTable;
}

/** To be called by the holder of the directory's lock. @throws OpenError when something is missing or damaged */
export function recover(directory: string, options: RecoveryOptions): Recovered {
  const files = JOURNAL_NAMES.map((name) => openJournal(`${directory}/${name}`));
  const opened = files.filter((file) => file instanceof JournalFile);
  const closeAll = () => {
    for (const file of opened.splice(0)) file.close();
  };
  try {
    // Before LMDB is opened: that would make the file.
    if (fileBytes(`${directory}/${DATA_FILE}`) === undefined) assertUnused(directory, opened);
    const data = LmdbData.open(directory, Math.max(0, ...opened.map((file) => file.head.dataBytesMin)));
    const abandon = () => {
      closeAll();
      void data.close();
    };
    try {
      const mark = data.mark();
      if (mark === undefined) {
        assertUnused(directory, opened);
        closeAll();
        return {
          data,
          active: options.newTable(),
          hasRedo: false,
          frozen: undefined,
          goOn: () => begin(directory, data),
          abandon,
        };
      }
      const problem = files.find((file) => file instanceof OpenError);
      if (problem !== undefined) throw problem;
      return { ...replay({ data, files: [...opened], mark }, options), abandon };
    } catch (error) {
      void data.close();
      throw error;
    }
  } catch (error) {
    closeAll();
    throw error;
  }
}

/** The error is kept: it counts only if the directory turns out to need the file. */
function openJournal(path: string): JournalFile | OpenError {
  try {
    fileBytes(path);
    return JournalFile.open(path);
  } catch (error) {
    if (error instanceof OpenError) return error;
    throw error;
  }
}

function assertUnused(directory: string, files: readonly JournalFile[]): void {
  const used = files.find((file) => file.head.number > 0);
  if (used === undefined) return;
  throw new OpenError(
    `'${used.path}' belongs to a store, but '${directory}/${DATA_FILE}' is missing or not the one it belongs to: ` +
      "restore the two from the same backup, or start with another --dir",
  );
}

/** The first journals of a store: made before the mark that says they must be there. */
function begin(directory: string, data: LmdbData): JournalPosition {
  const files = JOURNAL_NAMES.map((name) => JournalFile.create(`${directory}/${name}`));
  syncDirectory(directory);
  data.setMarkSync({ number: 0, sequence: 0 });
  return inUse(files, data, { number: 0, sequence: 0 });
}

interface Found {
  readonly data: LmdbData;
  readonly files: readonly JournalFile[];
  readonly mark: JournalMark;
}

function replay(found: Found, options: RecoveryOptions): Omit<Recovered, "abandon"> {
  const { data, files, mark } = found;
  const live = files.filter((file) => file.head.number > mark.number);
  live.sort((a, b) => a.head.number - b.head.number);
  if (live.length === 0) assertNoneLost(files, mark);
  assertContiguous(live, mark);
  const tables = new ReplayedTables(data, options);
  let sequenceNext = mark.sequence + 1;
  const journals = live.map((file): ReplayedJournal => {
    tables.begin();
    const end = replayJournal(file, sequenceNext, (commit) => tables.take(commit));
    sequenceNext = end.sequenceNext;
    return { file, end };
  });
  assertTornEnd(journals, sequenceNext);
  options.verify(tables.reader());
  const goOn = (): JournalPosition => {
    data.upgrade();
    // What is behind the ends was never acknowledged as written; gone, it cannot be taken for more later.
    for (const { file, end } of journals) file.cut(end.endBytes);
    const active = journals.at(-1)?.file;
    if (active === undefined) return inUse(files, data, mark);
    const spare = files.find((file) => file !== active) ?? active;
    return { active, spare, sequenceNext };
  };
  const { active, frozen, hasRedo } = tables;
  const oldest = journals[0];
  if (frozen === undefined || oldest === undefined) {
    return { data, active, hasRedo, frozen: undefined, goOn };
  }
  const carried = { number: oldest.file.head.number, sequence: oldest.end.sequenceNext - 1 };
  return { data, active, hasRedo, frozen: { table: frozen, mark: carried }, goOn };
}

/** What the journals hold: their writes in tables, their redo records with who derives from them. */
export class ReplayedTables {
  active: WriteTable;
  frozen: WriteTable | undefined;
  hasRedo = false;
  readonly #data: DataFile;
  readonly #options: RecoveryOptions;
  #reader: OrderedReader | undefined;
  #isVerified = false;

  constructor(data: DataFile, options: RecoveryOptions) {
    this.#data = data;
    this.#options = options;
    this.active = options.newTable();
  }

  /** The next journal begins: what came before is frozen. */
  begin(): void {
    if (this.#reader !== undefined) {
      this.#options.derived?.freeze();
      this.frozen = this.active;
      this.active = this.#options.newTable();
      this.hasRedo = false;
    }
    this.#reader = layeredReader([this.active, this.frozen], this.#data);
  }

  take({ redo, writes }: Commit): void {
    for (const record of redo) this.redo(this.prepare(record));
    this.write(writes);
  }

  prepare(record: Buffer): PreparedRedo {
    const { derived } = this.#options;
    return derived?.prepare?.(record) ?? { reads: () => [], redo: (reader) => derived?.redo(record, reader) };
  }

  /** A redo record of a commit, of which the writes follow. Where the reader misses something, it is to be begun anew. */
  redo(prepared: PreparedRedo): void {
    const { verify } = this.#options;
    const reader = this.reader();
    this.hasRedo = true;
    if (!this.#isVerified) verify(reader);
    this.#isVerified = true;
    prepared.redo(reader);
  }

  write(writes: readonly Write[]): void {
    const { derived } = this.#options;
    this.active.apply(writes);
    if (derived !== undefined) for (const [key] of writes) derived.overwritten(key);
  }

  reader(): OrderedReader {
    return this.#reader ?? layeredReader([], this.#data);
  }
}

/** Before a journal is carried into the data file the next one has been begun, which is then known to be there. */
export function assertNoneLost(files: readonly JournalFile[], mark: JournalMark): void {
  const used = files.find((file) => file.head.number > 0);
  if (used === undefined) return;
  throw new OpenError(
    `journal ${mark.number + 1} is in no file, and ${DATA_FILE} has the journals up to ${mark.number}: ` +
      `'${used.path}' and its like are of another time; restore all files from the same backup`,
  );
}

function assertContiguous(live: readonly JournalFile[], mark: JournalMark): void {
  for (const [index, file] of live.entries()) {
    const expected = mark.number + 1 + index;
    if (file.head.number === expected) continue;
    throw new OpenError(
      `'${file.path}' is journal ${file.head.number}, but ${DATA_FILE} has the journals up to ${mark.number} only: ` +
        "the files are not of the same time; restore all of them from the same backup",
    );
  }
}

/** Takes the older of two files, neither of which is needed any more, into use. */
function inUse(files: readonly JournalFile[], data: LmdbData, mark: JournalMark): JournalPosition {
  const [active, spare] = [...files].sort((a, b) => a.head.number - b.head.number);
  if (spare === undefined || active === undefined) throw new OpenError("a store needs two journals");
  active.use(mark.number + 1, data.bytes);
  return { active, spare, sequenceNext: mark.sequence + 1 };
}
