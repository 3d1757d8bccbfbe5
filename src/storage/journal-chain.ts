/**
 * The journals that lead from a backup to a later commit, found in archives and in what is left of a server's directory:
 * which of them, in which order, and where the last one is to be cut.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileFault } from "../base/file-fault.ts";
import type { BackupHead } from "./backup-format.ts";
import { recordsIn } from "./capture.ts";
import { DATA_FILE } from "./directory.ts";
import { archivedName, lookAtJournals } from "./journal-archive.ts";
import { JournalFile, type JournalHead } from "./journal-file.ts";
import { assertTornEnd, firstSequenceOf, type JournalEnd, scanJournal } from "./journal-reader.ts";
import { decodeHead, timeOf } from "./journal-record.ts";
import { OpenError } from "./ordered-store.ts";

/** Up to which commit: all up to a position, or all that were made up to a time. */
export type RestoreTarget =
  | { readonly kind: "position"; readonly position: number }
  | { readonly kind: "time"; readonly atMs: number };

export interface ChainJournal {
  readonly head: JournalHead;
  /** From an archive: where the file is, and where what is wanted of it ends; else the records themselves. */
  readonly path?: string;
  readonly endBytes?: number;
  readonly records?: Buffer;
  readonly isArchived: boolean;
}

interface Chain {
  readonly journals: readonly ChainJournal[];
  readonly position: number;
  readonly atMs: number | undefined;
  readonly endsBefore: boolean;
}

/** The journals that lead from a backup's data file to what is wanted. @throws OpenError when they do not */
export function chainOf(
  head: BackupHead,
  own: ReadonlyMap<number, Buffer>,
  archives: readonly string[],
  target: RestoreTarget | undefined,
): Chain {
  const walk = new Walk(
    head.mark.sequence,
    archives.length === 0 ? { kind: "position", position: head.position } : target,
  );
  const candidates = archives.flatMap((directory) => journalsOf(directory, head.mark.number));
  const salts = new Map(head.journals.map(({ number, salt }) => [number, salt]));
  for (let number = head.mark.number + 1; !walk.isAtTarget; number += 1) {
    const salt = salts.get(number);
    const records = own.get(number) ?? Buffer.alloc(0);
    const found = candidates.filter((one) => one.head.number === number);
    const fitting = found.filter((one) => salt === undefined || one.head.salt === salt);
    if (fitting.length === 0 && salt === undefined) break;
    if (!walk.take(fitting) && salt !== undefined)
      walk.takeRecords({ number, salt, dataBytesMin: 0, bytesMin: 0 }, records);
    if (walk.isStuck) break;
  }
  if (!walk.isAtTarget) assertNoGap(candidates, walk);
  if (walk.position < head.position)
    throw new OpenError(
      `the journals lead to position ${walk.position} only, and the backup was made at ${head.position}: they belong to another store`,
    );
  if (target?.kind === "position" && walk.position < target.position)
    throw new OpenError(
      `the journals lead to position ${walk.position} only, not to ${target.position}: name every directory that has some, ` +
        "the server's own too, by --archive",
    );
  return {
    journals: walk.journals,
    position: walk.position,
    atMs: walk.atMs,
    endsBefore: target?.kind === "time" && !walk.isAtTarget,
  };
}

interface Candidate {
  readonly path: string;
  readonly head: JournalHead;
}

function journalsOf(directory: string, numberMin: number): Candidate[] {
  const found: Candidate[] = [];
  try {
    lookAtJournals(directory, ({ path, head }) => {
      if (head.number > numberMin) found.push({ path, head });
    });
  } catch (error) {
    if (error instanceof OpenError) throw error;
    throw new OpenError(`cannot read '${directory}': ${fileFault(error)}`);
  }
  return found;
}

/** Goes through journals in order, up to the target. */
class Walk {
  readonly journals: ChainJournal[] = [];
  position: number;
  atMs: number | undefined;
  /** The commit behind the last one that was taken is known and not wanted. */
  isAtTarget = false;
  /** The last journal had nothing that follows. */
  isStuck = false;
  readonly #target: RestoreTarget | undefined;

  constructor(position: number, target: RestoreTarget | undefined) {
    this.position = position;
    this.#target = target;
    this.isAtTarget = target?.kind === "position" && position >= target.position;
  }

  /** Takes the candidate that leads furthest; false when there is none that follows. */
  take(candidates: readonly Candidate[]): boolean {
    let best: { readonly walk: Walk; readonly journal: ChainJournal } | undefined;
    for (const { path, head } of candidates) {
      const walk = new Walk(this.position, this.#target);
      walk.atMs = this.atMs;
      const file = JournalFile.openToRead(path);
      try {
        let endBytes = file.firstRecordBytes;
        const end = scanJournal(file, this.position + 1, (record) => {
          if (walk.#takes(record)) endBytes += record.length;
        });
        if (!walk.isAtTarget) assertWhole(file, end);
        if (best !== undefined && walk.position <= best.walk.position) continue;
        best = { walk, journal: { head, path, endBytes, isArchived: true } };
      } finally {
        file.close();
      }
    }
    if (best === undefined) return false;
    this.#goTo(best.walk, best.journal);
    return true;
  }

  takeRecords(head: JournalHead, records: Buffer): void {
    const walk = new Walk(this.position, this.#target);
    walk.atMs = this.atMs;
    let bytes = 0;
    for (const record of recordsIn(records)) if (walk.#takes(record)) bytes += record.length;
    this.#goTo(walk, { head, records: records.subarray(0, bytes), isArchived: false });
  }

  #goTo(walk: Walk, journal: ChainJournal): void {
    this.isStuck = walk.position === this.position && !walk.isAtTarget;
    this.position = walk.position;
    this.atMs = walk.atMs;
    this.isAtTarget = walk.isAtTarget;
    this.journals.push(journal);
  }

  /** False, from then on, for the first record that is not wanted any more. */
  #takes(record: Buffer): boolean {
    if (this.isAtTarget) return false;
    const target = this.#target;
    const atMs = timeOf(record) ?? this.atMs;
    if (target?.kind === "time" && atMs !== undefined && atMs > target.atMs) {
      this.isAtTarget = true;
      return false;
    }
    this.position += 1;
    this.atMs = atMs;
    if (target?.kind === "position" && this.position >= target.position) this.isAtTarget = true;
    return true;
  }
}

/** @throws OpenError when records are damaged that an archive has, or that had been on disk */
function assertWhole(file: JournalFile, end: JournalEnd): void {
  const isArchived = basename(file.path) === archivedName(file.head.number);
  const first = firstSequenceOf(file);
  // What does not follow is another matter.
  if (first !== undefined && end.sequenceNext <= first) return;
  if (isArchived && end.endBytes < file.allocatedBytes)
    throw new OpenError(
      `the journal '${file.path}' is damaged at byte ${end.endBytes}: commit ${end.sequenceNext} is missing or changed; ` +
        `restore up to ${end.sequenceNext - 1} by --until, or use another copy`,
    );
  assertTornEnd([{ file, end }], end.sequenceNext);
}

/** @throws OpenError when a journal is there that would be next but for one that is not */
function assertNoGap(candidates: readonly Candidate[], walk: Walk): void {
  for (const { path } of candidates) {
    if ((firstSequence(path) ?? 0) <= walk.position + 1) continue;
    throw new OpenError(
      `commit ${walk.position + 1} is in no journal, and later ones are in '${path}': name every directory that has ` +
        `journals by --archive; or restore up to ${walk.position} by --until`,
    );
  }
}

function firstSequence(path: string): number | undefined {
  const file = JournalFile.openToRead(path);
  try {
    return firstSequenceOf(file);
  } finally {
    file.close();
  }
}

/** What a directory with journals has, for an operator. */
export interface ArchivedJournal {
  readonly path: string;
  readonly number: number;
  readonly positions: readonly [first: number, last: number] | undefined;
  readonly times: readonly [firstMs: number, lastMs: number] | undefined;
}

/** The journals of a directory by number, and what is wrong with them, a sentence each. @throws OpenError when a head is damaged */
export function archivedJournals(directory: string): {
  readonly journals: readonly ArchivedJournal[];
  readonly findings: readonly string[];
} {
  const journals: ArchivedJournal[] = [];
  const findings: string[] = [];
  lookAtJournals(directory, (file) => {
    const { number, salt } = file.head;
    const first = firstSequenceOf(file);
    let positions: [number, number] | undefined;
    let times: [number, number] | undefined;
    const end = scanJournal(file, first ?? 0, (record) => {
      const sequence = decodeHead(record, salt)?.sequence ?? 0;
      const atMs = timeOf(record);
      positions = [positions?.[0] ?? sequence, sequence];
      if (atMs !== undefined) times = [times?.[0] ?? atMs, atMs];
    });
    try {
      assertWhole(file, end);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      findings.push(error.message);
    }
    journals.push({ path: file.path, number, positions, times });
  });
  journals.sort((a, b) => a.number - b.number);
  for (const [index, { path, number, positions }] of journals.entries()) {
    const before = journals[index - 1];
    if (before === undefined) continue;
    const isNext = number === before.number + 1;
    const follows =
      positions === undefined || before.positions === undefined || positions[0] === before.positions[1] + 1;
    if (!isNext) findings.push(`between '${before.path}' and '${path}' journals are missing`);
    else if (!follows) findings.push(`'${path}' does not go on where '${before.path}' ends`);
  }
  return { journals, findings };
}

/** True when a directory has journals and no data file: an archive. */
export function isArchive(directory: string): boolean {
  return (
    !existsSync(join(directory, DATA_FILE)) &&
    readdirSync(directory).some((name) => /^journal-\d+\.log$/.test(name))
  );
}
