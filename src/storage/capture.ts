/**
 * A store as it is at one moment, read from its directory without its server knowing: a moment of the data file, and
 * the commits that only the journals have. It may be in use: LMDB gives each reader a state of its own, and the journals
 * are read as a start would read them after a crash, up to the last whole record. Every commit that was
 * acknowledged before the capture began is in it, as its record was in the file by then.
 *
 * A journal may be taken into use again while it is read. It then has another number and salt, which is seen
 * afterwards, and the capture begins anew; it takes a fraction of the time in which a journal is filled.
 */

import type { JournalMark } from "./data-file.ts";
import { checkDataFile, DATA_FILE, fileBytes } from "./directory.ts";
import { JournalFile, type JournalHead } from "./journal-file.ts";
import { assertTornEnd, scanJournal } from "./journal-reader.ts";
import { recordLength, timeOf } from "./journal-record.ts";
import { LmdbData } from "./lmdb-data.ts";
import { OpenError } from "./ordered-store.ts";
import { assertNoneLost, JOURNAL_NAMES } from "./recovery.ts";

/** Under the heaviest load a few are needed at most. */
const ATTEMPTS_MAX = 100;

export interface CapturedJournal {
  readonly head: JournalHead;
  /** Its records, as they are in the file. */
  readonly records: Buffer;
}

export interface Capture {
  /** Held at the moment. */
  readonly data: LmdbData;
  readonly mark: JournalMark;
  /** Those that the data file does not have whole, oldest first. */
  readonly journals: readonly CapturedJournal[];
  /** The last commit, and when it was made; undefined: not known. */
  readonly position: number;
  readonly atMs: number | undefined;
  close(): Promise<void>;
}

/** @throws OpenError when there is no store in the directory, or it is damaged */
export function capture(directory: string): Capture {
  const path = `${directory}/${DATA_FILE}`;
  const bytes = fileBytes(path);
  if (bytes === undefined)
    throw new OpenError(`there is no store in '${directory}': name the server's directory by --dir`);
  checkDataFile(path, bytes, 0);
  const data = LmdbData.openToRead(path);
  try {
    let settled: string | undefined;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      data.hold();
      const tried = tryJournals(directory, data);
      if (!("moved" in tried)) return { data, ...tried, close: () => data.close() };
      // What two looks see alike is no race but damage.
      if (tried.damage !== undefined && tried.moved === settled) throw tried.damage;
      settled = tried.moved;
    }
    throw new OpenError(`the journals in '${directory}' change faster than they can be read: try again`);
  } catch (error) {
    void data.close();
    throw error;
  }
}

type Tried =
  | Omit<Capture, "data" | "close">
  /** The files were seen in a state that no single moment has; `damage` says what it is unless they are written to. */
  | { readonly moved: string; readonly damage: OpenError | undefined };

function tryJournals(directory: string, data: LmdbData): Tried {
  const mark = data.mark();
  if (mark === undefined)
    throw new OpenError(`the store in '${directory}' has not been begun: nothing was ever written to it`);
  const files: JournalFile[] = [];
  try {
    for (const name of JOURNAL_NAMES) files.push(JournalFile.openToRead(`${directory}/${name}`));
    const live = files.filter((file) => file.head.number > mark.number);
    live.sort((a, b) => a.head.number - b.head.number);
    const seen = `${mark.number} ${mark.sequence} ${live.map(({ head }) => `${head.number} ${head.salt}`)}`;
    if (live.length === 0) assertNoneLost(files, mark);
    if (live.some(({ head }, index) => head.number !== mark.number + 1 + index))
      return { moved: seen, damage: notOfOneTime(directory, mark) };
    return copied(directory, { files, live, mark, seen });
  } catch (error) {
    if (error instanceof OpenError) return { moved: error.message, damage: error };
    throw error;
  } finally {
    for (const file of files) file.close();
  }
}

interface Live {
  readonly files: readonly JournalFile[];
  /** Those that the data file does not have, oldest first. */
  readonly live: readonly JournalFile[];
  readonly mark: JournalMark;
  readonly seen: string;
}

function copied(directory: string, { files, live, mark, seen }: Live): Tried {
  let sequenceNext = mark.sequence + 1;
  let atMs: number | undefined;
  const ends = live.map((file) => {
    const records: Buffer[] = [];
    const end = scanJournal(file, sequenceNext, (record) => {
      records.push(Buffer.from(record));
      atMs = timeOf(record) ?? atMs;
    });
    sequenceNext = end.sequenceNext;
    return { file, end, records: Buffer.concat(records) };
  });
  const moved = `${seen} ${ends.map(({ end }) => `${end.endBytes}`)}`;
  if (!JOURNAL_NAMES.every((name, index) => isSame(`${directory}/${name}`, files[index])))
    return { moved, damage: undefined };
  try {
    assertTornEnd(ends, sequenceNext);
  } catch (error) {
    // A record that came while the others were read proves as much.
    if (error instanceof OpenError) return { moved, damage: error };
    throw error;
  }
  const journals = ends.map(({ file, records }) => ({ head: file.head, records }));
  return { mark, journals, position: sequenceNext - 1, atMs };
}

function isSame(path: string, file: JournalFile | undefined): boolean {
  const now = JournalFile.openToRead(path);
  now.close();
  return file !== undefined && now.head.number === file.head.number && now.head.salt === file.head.salt;
}

function notOfOneTime(directory: string, mark: JournalMark): OpenError {
  return new OpenError(
    `the journals in '${directory}' do not follow the one that ${DATA_FILE} has, number ${mark.number}: ` +
      "the files are not of the same time; restore all of them from the same backup",
  );
}

/** The records that stand one behind the other in some bytes. */
export function* recordsIn(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = recordLength(bytes, at);
    if (length === undefined)
      throw new OpenError("a journal in the backup has something that is not a record");
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
