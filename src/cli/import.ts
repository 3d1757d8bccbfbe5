/** detent import FILE|- */
import { Importer, ImportFault, importProgress, isEmptyStore } from "../export/import.ts";
import { Store } from "../keyspace/store.ts";
import { CommitError, OpenError } from "../storage/ordered-store.ts";
import { type LineFile, openLines } from "./lines.ts";
import { relieved } from "./relieved.ts";
import {
  counted,
  DIRECTORY_HELP,
  DIRECTORY_OPTIONS,
  directoryOption,
  EXIT_OK,
  type Output,
  type Subcommand,
} from "./subcommand.ts";

/** A transaction takes so many lines, or so many bytes of them. */
const BATCH_LINES = 500;
const BATCH_BYTES = 1024 * 1024;

export const importStore: Subcommand = {
  name: "import",
  summary: "make a new store from a file of 'detent export'; continues after an interruption",
  help: `Usage: detent import FILE|- [--dir DIR | --config FILE]

Makes a new store from the lines that 'detent export' has written. The directory must not have a store with data. Each
line is checked: the import ends at the first one that is wrong, or has a type that this version does not know, and
prints its number.

When an import was interrupted, or has ended at a wrong line, run the same command with the same file: it continues
where it stopped. No server starts on the directory before the import is complete. - is standard input, from its
beginning.

${DIRECTORY_HELP}

Exit codes: 0 done, 1 failed, 2 wrong arguments.

Examples:
  detent import all.jsonl --dir /var/lib/detent.new
  gunzip < all.jsonl.gz | detent import - --dir /var/lib/detent.new
`,
  options: DIRECTORY_OPTIONS,
  operands: [1, 1],
  run: async ([path = "-"], given, surroundings) => {
    const { objects, output } = surroundings;
    const directory = directoryOption(given, surroundings);
    const store = Store.open(directory, objects);
    try {
      const before = importProgress(store.begin());
      if (before === undefined && !isEmptyStore(store.begin()))
        throw new OpenError(
          `'${directory}' has a store already: an import makes a new one, name another directory`,
        );
      const importer = new Importer(before);
      if (before !== undefined) output.note(`Goes on behind line ${before.lines}.`);
      const file = openLines(path, before?.bytes ?? 0);
      try {
        if (before !== undefined) assertSame(path, before.head);
        // All of it is on disk when the store is closed; until then what is there is a beginning of it.
        store.setFlushPolicy("no");
        await read(store, {
          importer,
          file: skipping(path, file, before?.lines ?? 0),
          output,
          bytes: file.bytes,
          isCut: file.isCut,
        });
      } finally {
        file.close();
      }
      const { definitions, objects: count } = importer.progress;
      await store.close();
      output.print(`${directory}: ${counted(count, "key")} and ${counted(definitions, "definition")}`);
      return EXIT_OK;
    } catch (error) {
      await store.close();
      if (error instanceof ImportFault || error instanceof CommitError) throw new OpenError(error.message);
      throw error;
    }
  },
};

/** A pipe begins anew: what has been read is passed over. */
function* skipping(path: string, file: LineFile, count: number): Generator<Buffer> {
  let left = path === "-" ? count : 0;
  for (const line of file.lines()) {
    if (left === 0) yield line;
    else left -= 1;
  }
}

function assertSame(path: string, head: string): void {
  if (path === "-") return;
  const file = openLines(path, 0);
  try {
    for (const line of file.lines()) {
      if (line.toString("utf8") === head) return;
      break;
    }
  } finally {
    file.close();
  }
  throw new OpenError(`'${path}' is not the file that the import into this directory was begun with`);
}

interface Reading {
  readonly importer: Importer;
  readonly file: Iterable<Buffer>;
  readonly output: Output;
  /** Of the file; 0: not known. */
  readonly bytes: number;
  readonly isCut: boolean;
}

async function read(store: Store, { importer, file, output, bytes, isCut }: Reading): Promise<void> {
  let transaction = store.begin();
  let lines = 0;
  let lineBytes = 0;
  const commit = async () => {
    importer.note(transaction);
    store.commit(transaction);
    output.progress("bytes read:", importer.progress.bytes, bytes);
    await relieved(store);
    transaction = store.begin();
    lines = 0;
    lineBytes = 0;
  };
  for (const line of file) {
    const savepoint = transaction.savepoint();
    try {
      importer.take(transaction, line);
    } catch (error) {
      // The lines before it are kept, so that the import can go on when the line has been mended.
      transaction.rollback(savepoint);
      if (error instanceof ImportFault) await commit();
      if (error instanceof ImportFault && isCut)
        throw new ImportFault(`${error.message}; the file does not end with a line feed: it is cut short`);
      throw error;
    }
    lines += 1;
    lineBytes += line.length;
    if (lines >= BATCH_LINES || lineBytes >= BATCH_BYTES) await commit();
  }
  await commit();
  if (!importer.isAtEnd)
    throw new ImportFault(
      `the export ends behind line ${importer.progress.lines} without its last line: it is cut short`,
    );
}
