/**
 * A program of its own: reads a data file from end to end and prints what is wrong, as a JSON list of sentences. LMDB
 * trusts the pages of its file, and a damaged one may end the process by a signal: that is this process then, and not
 * the server's.
 *
 * data-check PATH [MILLISECONDS]
 */
import { LmdbData } from "./lmdb-data.ts";
import { DamageError } from "./sealed-values.ts";

const [, , path = "", milliseconds = "Infinity"] = process.argv;
const ENTRIES_PER_LOOK = 1000;

function findings(): string[] {
  const endMs = performance.now() + Number(milliseconds);
  try {
    const data = LmdbData.openToRead(path);
    const { entryCount } = data;
    let count = 0;
    for (const _entry of data.entries()) {
      count += 1;
      if (count % ENTRIES_PER_LOOK === 0 && performance.now() > endMs) return [];
    }
    // A page whose head is damaged may just look empty.
    if (count === entryCount) return [];
    return [
      `'${path}' is damaged: ${count} of ${entryCount} entries are found; restore the directory from a backup`,
    ];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      error instanceof DamageError
        ? reason
        : `'${path}' is damaged: ${reason}; restore the directory from a backup`,
    ];
  }
}

process.stdout.write(JSON.stringify(findings()), () => process.exit(0));
