/**
 * From a backup to a directory that a server can be started on. Without a target it holds what the backup does. With
 * one, the journals that followed are replayed as a start replays them after a crash: two at a time are put beside the data
 * file, the last one cut behind the commit that is wanted, and the store is opened and closed.
 *
 * Everything is made in a directory within the one that is wanted, and moved out of it last, so that what is half done
 * cannot be taken for a store.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { chars } from "../base/bytes.ts";
import { type BackupHead, readBackup, readBackupHead } from "./backup-format.ts";
import { DATA_FILE, prepareDirectory, syncDirectory } from "./directory.ts";
import { type ChainJournal, chainOf, type RestoreTarget } from "./journal-chain.ts";
import { JournalFile } from "./journal-file.ts";
import { LmdbData } from "./lmdb-data.ts";
import { type Entry, OpenError } from "./ordered-store.ts";
import { JOURNAL_NAMES } from "./recovery.ts";

export interface RestoreOptions {
  readonly backup: string;
  /** The directory to make; one that is there must hold no store. */
  readonly directory: string;
  /** Directories with journals: archives, and what is left of the server's own. None: the backup alone. */
  readonly archives: readonly string[];
  /** Undefined: as far as the journals lead. */
  readonly target: RestoreTarget | undefined;
  /** Opens the store of a directory, so that it takes in what its journals have, and closes it. */
  readonly openAndClose: (directory: string) => Promise<void>;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface Restored {
  /** The last commit, and when it was made; undefined: not known. */
  readonly position: number;
  readonly atMs: number | undefined;
  /** How many journals beside those of the backup were used. */
  readonly journalCount: number;
  /** True when a target is a time and the journals end before it. */
  readonly endsBefore: boolean;
}

const WORK_NAME = "restoring.tmp";
const BATCH_BYTES = 8 * 1024 * 1024;

/** The directory is on disk when this resolves. @throws OpenError when it cannot be made as it is wanted */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { backup, directory, archives, target } = options;
  const head = readBackupHead(backup);
  assertReachable(backup, head, target);
  assertFree(directory);
  prepareDirectory(directory);
  const work = join(directory, WORK_NAME);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { mode: 0o700 });
  try {
    const own = await unpack(options, work);
    const chain = chainOf(head, own, archives, target);
    await replay(work, chain.journals, options.openAndClose);
    moveOut(work, directory);
    return {
      position: chain.position,
      atMs: chain.atMs ?? head.positionAtMs,
      journalCount: chain.journals.filter(({ isArchived }) => isArchived).length,
      endsBefore: chain.endsBefore,
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function assertReachable(backup: string, head: BackupHead, target: RestoreTarget | undefined): void {
  if (target === undefined) return;
  const isLater =
    target.kind === "position" ? head.position > target.position : (head.positionAtMs ?? 0) > target.atMs;
  if (!isLater) return;
  const at = head.positionAtMs === undefined ? "" : `, ${new Date(head.positionAtMs).toISOString()}`;
  throw new OpenError(
    `the backup '${backup}' was made at position ${head.position}${at}, behind what is wanted: take an earlier backup`,
  );
}

function assertFree(directory: string): void {
  const left = [DATA_FILE, ...JOURNAL_NAMES].find((name) => existsSync(join(directory, name)));
  if (left === undefined) return;
  throw new OpenError(
    `'${directory}' has a store already ('${left}'): restore into another directory, or move that one away first`,
  );
}

/** Writes the data file of a backup; returns the records of its journals by number. */
async function unpack({ backup, onProgress }: RestoreOptions, work: string): Promise<Map<number, Buffer>> {
  const pieces = new Map<number, Buffer[]>();
  const data = LmdbData.open(work, 0);
  try {
    let mark: BackupHead["mark"] | undefined;
    let batch: Entry[] = [];
    let bytes = 0;
    const written = async () => {
      await data.apply(batch);
      batch = [];
      bytes = 0;
    };
    for (const section of readBackup(backup, onProgress)) {
      if (section.kind === "head") mark = section.head.mark;
      if (section.kind === "records")
        pieces.set(section.journal, [...(pieces.get(section.journal) ?? []), section.records]);
      if (section.kind !== "entries") continue;
      batch.push(...section.entries);
      for (const [key, value] of section.entries) bytes += chars(key).length + value.length;
      if (bytes >= BATCH_BYTES) await written();
    }
    await written();
    if (mark !== undefined) await data.setMark(mark);
  } finally {
    await data.close();
  }
  return new Map([...pieces].map(([number, parts]) => [number, Buffer.concat(parts)]));
}

/** Two journals at a time, as a server leaves them when it is killed. */
async function replay(
  work: string,
  journals: readonly ChainJournal[],
  openAndClose: (directory: string) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < Math.max(1, journals.length); at += JOURNAL_NAMES.length) {
    for (const [index, name] of JOURNAL_NAMES.entries()) {
      const file = JournalFile.create(join(work, name));
      try {
        const journal = journals[at + index];
        if (journal !== undefined) file.takeOver(journal.head, recordsOf(journal));
      } finally {
        file.close();
      }
    }
    await openAndClose(work);
  }
}

function recordsOf({ path, endBytes = 0, records }: ChainJournal): Buffer {
  if (path === undefined) return records ?? Buffer.alloc(0);
  const file = JournalFile.openToRead(path);
  try {
    return file.read(file.firstRecordBytes, endBytes - file.firstRecordBytes);
  } finally {
    file.close();
  }
}

/** The data file last: without it there is no store. */
function moveOut(work: string, directory: string): void {
  syncDirectory(work);
  for (const name of [...JOURNAL_NAMES, DATA_FILE]) renameSync(join(work, name), join(directory, name));
  syncDirectory(directory);
}
