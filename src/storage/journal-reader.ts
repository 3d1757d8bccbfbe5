/**
 * Reading a journal after a start. Records are taken in order until one is missing or damaged. Whether that is
 * the torn end of a write that was never acknowledged, or damage to what was on disk, is decided by the records
 * behind it: each carries the highest sequence that was known to be synced when it was written.
 */
import { type JournalFile, RECORDS_OFFSET } from "./journal-file.ts";
import {
  type Commit,
  decodeCommit,
  decodeHead,
  RECORD_HEAD_BYTES,
  RECORD_MARKER,
  type RecordHead,
  recordLength,
} from "./journal-record.ts";
import { OpenError } from "./ordered-store.ts";

const WINDOW_BYTES = 1024 * 1024;

/** Where the records of a journal end. */
export interface JournalEnd {
  readonly endBytes: number;
  /** The sequence the next record must have. */
  readonly sequenceNext: number;
}

/** Calls `take` with each commit from `sequenceNext` on, in order. */
export function replayJournal(
  file: JournalFile,
  sequenceNext: number,
  take: (commit: Commit) => void,
): JournalEnd {
  return scanJournal(file, sequenceNext, (record) => take(decodeCommit(record)));
}

/** Calls `take` with the record of each commit from `sequenceNext` on, in order; it is a view that does not last. */
export function scanJournal(
  file: JournalFile,
  sequenceNext: number,
  take: (record: Buffer) => void,
): JournalEnd {
  let expected = sequenceNext;
  let offset = RECORDS_OFFSET;
  const read = windowed(file);
  for (;;) {
    const found = recordAt(read, file.head.salt, offset);
    if (found === undefined || found.head.sequence !== expected) break;
    take(found.record);
    offset += found.record.length;
    expected += 1;
  }
  return { endBytes: offset, sequenceNext: expected };
}

/** The sequence of a journal's first commit; undefined when it has none. */
export function firstSequenceOf(file: JournalFile): number | undefined {
  return recordAt(windowed(file), file.head.salt, RECORDS_OFFSET)?.head.sequence;
}

/** A journal and where its records end. */
export interface ReplayedJournal {
  readonly file: JournalFile;
  readonly end: JournalEnd;
}

/**
 * Looks whether records behind the ends of the journals, oldest first, prove that more had been on disk.
 * @throws OpenError when they do: acknowledged commits are damaged, and going on would lose them silently
 */
export function assertTornEnd(journals: readonly ReplayedJournal[], sequenceNext: number): void {
  for (const { file, end } of journals) {
    const proof = firstProof(file, end.endBytes, sequenceNext);
    if (proof === undefined) continue;
    // The first journal may have lost its end, or the second its beginning: the operator gets both places.
    const places = journals.filter(({ end }) => end.sequenceNext === sequenceNext);
    const named = places.map(({ file, end }) => `'${file.path}' at byte ${end.endBytes}`).join(" or ");
    // A file that stays shorter than its head says would be refused for that.
    const cuts = places
      .map(
        ({ file, end }) =>
          `truncate -s ${end.endBytes} '${file.path}' && truncate -s ${file.allocatedBytes} '${file.path}'`,
      )
      .join(" && ");
    throw new OpenError(
      `the journal is damaged (${named}): commit ${sequenceNext} is missing or changed, and commit ` +
        `${proof.sequence} behind it proves that it had been on disk. Restore the directory from a backup; or, ` +
        `to give up that commit and all after it, copy the directory, then run: ${cuts}`,
    );
  }
}

interface FoundRecord {
  readonly record: Buffer;
  readonly head: RecordHead;
}

type Read = (offset: number, length: number) => Buffer;

/** Reads through a window, as records follow one another. */
function windowed(file: JournalFile): Read {
  let from = 0;
  let window: Buffer = Buffer.alloc(0);
  return (offset, length) => {
    if (offset < from || offset + length > from + window.length) {
      from = offset;
      window = file.read(offset, Math.max(length, WINDOW_BYTES));
    }
    return window.subarray(offset - from, offset - from + length);
  };
}

/** The whole and sound record at an offset; undefined when there is none. */
function recordAt(read: Read, salt: number, offset: number): FoundRecord | undefined {
  const length = recordLength(read(offset, RECORD_HEAD_BYTES), 0);
  if (length === undefined) return undefined;
  const record = read(offset, length);
  if (record.length < length) return undefined;
  const head = decodeHead(record, salt);
  return head === undefined ? undefined : { record, head };
}

function firstProof(file: JournalFile, from: number, sequence: number): RecordHead | undefined {
  const read = windowed(file);
  const step = WINDOW_BYTES - RECORD_MARKER.length;
  for (let offset = from; offset < file.allocatedBytes; offset += step) {
    const window = file.read(offset, WINDOW_BYTES);
    for (let at = window.indexOf(RECORD_MARKER); at !== -1; at = window.indexOf(RECORD_MARKER, at + 1)) {
      const head = recordAt(read, file.head.salt, offset + at)?.head;
      if (head !== undefined && head.syncedSequence >= sequence) return head;
    }
  }
  return undefined;
}
