/**
 * A data file written anew without the pages that nothing is on: LMDB keeps those for what comes, and never gives them back.
 * For a store that no server uses, and whose journals have been carried.
 */
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { chars } from "../base/bytes.ts";
import { DATA_FILE, syncDirectory } from "./directory.ts";
import { lockDirectory } from "./directory-lock.ts";
import { JournalFile } from "./journal-file.ts";
import { LmdbData } from "./lmdb-data.ts";
import { type Entry, OpenError } from "./ordered-store.ts";
import { JOURNAL_NAMES } from "./recovery.ts";

const WORK_NAME = "compacting.tmp";
const BATCH_BYTES = 8 * 1024 * 1024;

export interface Compacted {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Whenever it is interrupted, the directory is as it was. @throws OpenError when it is in use, damaged, or full */
export async function compactData(
  directory: string,
  onProgress: (done: number, of: number) => void,
): Promise<Compacted> {
  const lock = lockDirectory(directory);
  const work = join(directory, WORK_NAME);
  try {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { mode: 0o700 });
    const [path, made] = [join(directory, DATA_FILE), join(work, DATA_FILE)];
    const bytesBefore = statSync(path).size;
    await copyEntries(path, work, onProgress);
    const bytesAfter = statSync(made).size;
    // The journals say how large the file was: less is promised first, then it is so.
    for (const name of JOURNAL_NAMES) {
      const journal = JournalFile.open(join(directory, name));
      journal.noteDataBytes(bytesAfter);
      journal.close();
    }
    renameSync(made, path);
    rmSync(`${path}-lock`, { force: true });
    syncDirectory(directory);
    return { bytesBefore, bytesAfter };
  } catch (error) {
    if (!(error instanceof Error) || error instanceof OpenError || !("code" in error)) throw error;
    throw new OpenError(
      `cannot compact '${directory}': ${error.message}: it needs room for a second data file`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
    lock.release();
  }
}

async function copyEntries(
  path: string,
  work: string,
  onProgress: (done: number, of: number) => void,
): Promise<void> {
  const from = LmdbData.openToRead(path);
  const to = LmdbData.open(work, 0);
  try {
    from.hold();
    const mark = from.mark();
    if (mark === undefined)
      throw new OpenError(`'${path}' has no mark: start a server on the directory once`);
    const total = from.entryCount;
    let batch: Entry[] = [];
    let bytes = 0;
    let done = 0;
    for (const [key, value] of from.entries()) {
      if (LmdbData.isOwn(key)) continue;
      // What is read may lie in a page of the file; what is written is taken later.
      batch.push([key, Buffer.from(value)]);
      bytes += chars(key).length + value.length;
      done += 1;
      if (bytes < BATCH_BYTES) continue;
      await to.apply(batch);
      batch = [];
      bytes = 0;
      onProgress(done, total);
    }
    await to.apply(batch);
    await to.setMark(mark);
  } finally {
    await from.close();
    await to.close();
  }
}
