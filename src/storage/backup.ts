/** Making a backup of a directory, whether a server uses it or not: what was captured goes into one file. */
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileFault } from "../base/file-fault.ts";
import { type BackupHead, BackupWriter } from "./backup-format.ts";
import { capture } from "./capture.ts";
import { syncDirectory } from "./directory.ts";
import { LmdbData } from "./lmdb-data.ts";
import { OpenError } from "./ordered-store.ts";

export interface BackupOptions {
  /** The server's directory. */
  readonly directory: string;
  /** The file to make; one that is there is replaced once the backup is whole. */
  readonly file: string;
  readonly nowMs: number;
  /** Hears how many entries are done, and how many there are, about. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** What was made. */
export interface MadeBackup extends BackupHead {
  readonly file: string;
  readonly bytes: number;
  readonly entryCount: number;
}

const ENTRIES_PER_REPORT = 1000;

/** Makes a backup, which is on disk when this returns. @throws OpenError when the store or the file cannot be used */
export async function makeBackup({ directory, file, nowMs, onProgress }: BackupOptions): Promise<MadeBackup> {
  const captured = capture(directory);
  const { data, mark, journals, position, atMs } = captured;
  const unfinished = unfinishedFile(file, process.pid);
  let writer: BackupWriter | undefined;
  try {
    rmSync(unfinished, { force: true });
    writer = new BackupWriter(unfinished);
    const head: BackupHead = {
      madeAtMs: nowMs,
      position,
      positionAtMs: atMs,
      mark,
      journals: journals.map(({ head: { number, salt } }) => ({ number, salt })),
    };
    writer.head(head);
    for (const journal of journals) writer.records(journal.head.number, journal.records);
    const total = data.entryCount;
    for (const entry of data.entries()) {
      if (LmdbData.isOwn(entry[0])) continue;
      writer.entry(entry);
      if (writer.entryCount % ENTRIES_PER_REPORT === 0) onProgress?.(writer.entryCount, total);
    }
    writer.end();
    onProgress?.(writer.entryCount, writer.entryCount);
    const { bytes, entryCount } = writer;
    writer = undefined;
    renameSync(unfinished, file);
    syncDirectory(dirname(file));
    return { ...head, file, bytes, entryCount };
  } catch (error) {
    writer?.abandon();
    rmSync(unfinished, { force: true });
    throw asOpenError(file, error);
  } finally {
    await captured.close();
  }
}

/** Where the process with a number makes a file before it is whole. */
export function unfinishedFile(file: string, pid: number): string {
  return join(dirname(file), `.${basename(file)}.${pid}.tmp`);
}

/** The file that a target stands for: a directory gets a file named after the time. */
export function backupFile(target: string, nowMs: number): string {
  const isDirectory = target.endsWith("/") || (existsSync(target) && statSync(target).isDirectory());
  if (!isDirectory) return target;
  const time = new Date(nowMs).toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
  return join(target, `detent-${time}.backup`);
}

function asOpenError(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const cure =
    error.code === "ENOSPC"
      ? "free some space on the disk"
      : "name a file in a directory that can be written";
  return new OpenError(`cannot write the backup '${file}': ${fileFault(error)}: ${cure}`);
}
