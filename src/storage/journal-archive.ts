/**
 * The archive of journals: a directory that gets a copy of each journal that is full, before its file is used again. With
 * a backup they lead to any commit after it (restore.ts). An archived journal is a journal file that ends behind
 * its last record, under a name that has its number.
 */
import { accessSync, constants, readdirSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "./directory.ts";
import { encodeHeadCopies, JournalFile, RECORDS_OFFSET } from "./journal-file.ts";
import { OpenError } from "./ordered-store.ts";

const NUMBER_DIGITS = 12;
const NAME = /^journal-\d+\.log$/;
const COPY_BYTES = 1024 * 1024;

/** The name that a journal has in an archive. */
export function archivedName(number: number): string {
  return `journal-${String(number).padStart(NUMBER_DIGITS, "0")}.log`;
}

/** Copies a journal that takes no more records; it is on disk when this resolves. Doing so twice does no harm. */
export async function archiveJournal(file: JournalFile, directory: string): Promise<void> {
  const path = join(directory, archivedName(file.head.number));
  const unfinished = `${path}.tmp`;
  const copy = await open(unfinished, "w", 0o600);
  try {
    const { endBytes } = file;
    await copy.write(encodeHeadCopies({ ...file.head, bytesMin: endBytes }), 0, RECORDS_OFFSET, 0);
    for (let at = RECORDS_OFFSET; at < endBytes; at += COPY_BYTES)
      await writeWhole(copy, await file.readAside(at, Math.min(COPY_BYTES, endBytes - at)), at);
    await copy.datasync();
  } finally {
    await copy.close();
  }
  renameSync(unfinished, path);
  syncDirectory(directory);
}

async function writeWhole(copy: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await copy.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
}

/** Calls `look` with each journal of a directory, which is closed afterwards. Files that are none are passed over. */
export function lookAtJournals(directory: string, look: (file: JournalFile) => void): void {
  for (const name of readdirSync(directory).sort()) {
    if (!NAME.test(name)) continue;
    const file = JournalFile.openToRead(join(directory, name));
    try {
      if (file.head.number > 0) look(file);
    } finally {
      file.close();
    }
  }
}

/**
 * Looks whether journals can be archived here, those in use among them.
 * @throws OpenError when the directory cannot be written, or has journals of another history
 */
export function assertArchive(directory: string, inUse: readonly JournalFile[]): void {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const name of readdirSync(directory))
      if (NAME.test(name.replace(/\.tmp$/, "")) && name.endsWith(".tmp")) rmSync(join(directory, name));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OpenError(
      `cannot use the directory '${directory}' of 'journal-archive-dir': ${reason}: make it, for the server's user alone`,
    );
  }
  const salts = new Map(inUse.map(({ head }) => [head.number, head.salt]));
  const newest = Math.max(...salts.keys());
  lookAtJournals(directory, ({ path, head }) => {
    const isOurs =
      head.number < newest
        ? (salts.get(head.number) ?? head.salt) === head.salt
        : salts.get(head.number) === head.salt;
    if (isOurs) return;
    throw new OpenError(
      `the archive '${directory}' has the journal '${path}', which is none of this store's: its history went another way, ` +
        "as it does after a restore. Give 'journal-archive-dir' another directory, and make a backup",
    );
  });
}
