/** detent export FILE|- */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { fileFault } from "../base/file-fault.ts";
import { exportLines } from "../export/export.ts";
import { readStore } from "../keyspace/read-store.ts";
import { unfinishedFile } from "../storage/backup.ts";
import { OpenError } from "../storage/ordered-store.ts";
import { placeOf } from "./backup.ts";
import {
  counted,
  DIRECTORY_HELP,
  DIRECTORY_OPTIONS,
  directoryOption,
  EXIT_OK,
  type Output,
  type Subcommand,
} from "./subcommand.ts";

const STDOUT = "-";
const BUFFER_BYTES = 256 * 1024;

export const exportStore: Subcommand = {
  name: "export",
  summary: "write everything as lines of JSON, while the server runs or not",
  help: `Usage: detent export FILE|- [--dir DIR | --config FILE]

Writes definitions, keys of every type, machines with their history, streams with their groups, and times of expiry as
lines of JSON: to read, to search, and for 'detent import', of this or a later version, which makes a new store of them.
The export has the state of one moment; the server may be running. FILE is replaced when the export is complete; - is
standard output.

${DIRECTORY_HELP}

Exit codes: 0 done, 1 failed, 2 wrong arguments.

Examples:
  detent export all.jsonl --dir /var/lib/detent
  detent export - --dir /var/lib/detent | gzip > all.jsonl.gz
  detent export - | jq -r 'select(.type == "machine") | [.key, .states[0]] | @tsv'
`,
  options: DIRECTORY_OPTIONS,
  operands: [1, 1],
  run: async ([file = STDOUT], given, surroundings) => {
    const { objects, output, version, nowMs } = surroundings;
    const store = readStore(directoryOption(given, surroundings), objects);
    try {
      const lines = exportLines(store.begin(), { version, position: store.position, nowMs });
      const { definitions, objects: count } =
        file === STDOUT ? printed(lines, output) : written(file, lines, output);
      const what = `${counted(count, "key")} and ${counted(definitions, "definition")}, ${placeOf(store.position, store.atMs)}`;
      if (file === STDOUT) output.note(what);
      else output.print(`${file}: ${what}`);
      return EXIT_OK;
    } finally {
      await store.close();
    }
  },
};

type Lines = ReturnType<typeof exportLines>;

function printed(lines: Lines, output: Output) {
  for (;;) {
    const next = lines.next();
    if (next.done === true) return next.value;
    output.print(next.value);
  }
}

function written(file: string, lines: Lines, output: Output) {
  const unfinished = unfinishedFile(file, process.pid);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(unfinished, "w", 0o600);
    const end = writeLines(descriptor, lines, (count) => output.progress("lines written:", count, 0));
    fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = undefined;
    renameSync(unfinished, file);
    return end;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    throw new OpenError(`cannot write the export '${file}': ${fileFault(error)}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
    rmSync(unfinished, { force: true });
  }
}

function writeLines(descriptor: number, lines: Lines, onProgress: (count: number) => void) {
  let held: string[] = [];
  let bytes = 0;
  let count = 0;
  const flush = () => {
    const buffer = Buffer.from(held.join(""), "utf8");
    for (let at = 0; at < buffer.length; ) at += writeSync(descriptor, buffer, at);
    held = [];
    bytes = 0;
  };
  for (;;) {
    const next = lines.next();
    if (next.done === true) {
      flush();
      return next.value;
    }
    held.push(next.value, "\n");
    bytes += next.value.length;
    count += 1;
    if (bytes < BUFFER_BYTES) continue;
    flush();
    onProgress(count);
  }
}
