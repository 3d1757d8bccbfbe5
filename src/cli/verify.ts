/** detent verify PATH */
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { textOfBytes } from "../base/bytes.ts";
import { usedDatabases } from "../keyspace/databases.ts";
import { readStore } from "../keyspace/read-store.ts";
import { checkStore } from "../keyspace/self-check.ts";
import { Store } from "../keyspace/store.ts";
import { STORE_FORMAT } from "../keyspace/store-format.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { decodeMachine } from "../machines/record.ts";
import { verifyMachine } from "../machines/verify.ts";
import { readBackupHead } from "../storage/backup-format.ts";
import { checkData } from "../storage/check-data.ts";
import { archivedJournals, isArchive } from "../storage/journal-chain.ts";
import { OpenError } from "../storage/ordered-store.ts";
import { restore } from "../storage/restore.ts";
import { placeOf } from "./backup.ts";
import {
  DIRECTORY_OPTIONS,
  directoryOption,
  EXIT_FAILED,
  EXIT_OK,
  type Subcommand,
  type Surroundings,
  textOption,
} from "./subcommand.ts";

export const verify: Subcommand = {
  name: "verify",
  summary: "check a server's directory, a backup, or archived journals, and list what is wrong",
  help: `Usage: detent verify [PATH] [--config FILE] [--temporary DIR]

Checks all of a store and prints each fault on a line of its own:
  a server's directory   the pages and checksums of data.mdb, the journals, and whether every record, index and counter
                         agrees with the others; the server may be running
  a backup               its checksums, and the store that it restores to, in a temporary directory
  archived journals      their checksums, and that none is missing between them; prints the positions and times of each

Without PATH it checks the current directory, or 'dir' of the configuration.

  --dir DIR         instead of PATH
  --config FILE     the server's configuration file
  --temporary DIR   where a backup is restored for the check; the restored store is removed afterwards

Exit codes: 0 no fault, 1 faults, 2 wrong arguments.

Examples:
  detent verify /var/lib/detent
  detent verify /backups/detent-20261129T020000Z.backup
  detent verify /archive
`,
  options: { ...DIRECTORY_OPTIONS, temporary: { type: "string" } },
  operands: [0, 1],
  run: async ([path], given, surroundings) => {
    const place = path ?? directoryOption(given, surroundings);
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat === undefined) throw new OpenError(`'${place}' does not exist`);
    if (!stat.isDirectory())
      return await verifyBackup(place, textOption(given, "temporary") ?? tmpdir(), surroundings);
    return isArchive(place)
      ? verifyArchive(place, surroundings)
      : await verifyDirectory(place, place, surroundings);
  },
};

/** @param name what the directory is to the user */
async function verifyDirectory(directory: string, name: string, surroundings: Surroundings): Promise<number> {
  const { output, objects } = surroundings;
  // What is damaged on the disk might end the process that reads it, and is no basis for a look at records.
  output.progress("reading the data file", 0, 0);
  const damage = checkData(directory);
  if (damage.length > 0) return reported(damage, name, surroundings);
  const store = readStore(directory, objects);
  try {
    output.progress("comparing records, indexes and counters", 0, 0);
    if (store.format < STORE_FORMAT)
      output.note(
        `The store has format ${store.format} and is carried over to ${STORE_FORMAT} at the next start.`,
      );
    const transaction = store.begin();
    return reported(
      [...checkStore(transaction, objects), ...checkEachMachine(transaction)],
      `${name}: ${placeOf(store.position, store.atMs)}`,
      surroundings,
    );
  } finally {
    await store.close();
  }
}

/** What a look at one machine after the other finds: its history and its timers among them. */
function* checkEachMachine(transaction: Transaction): Generator<string> {
  for (const db of usedDatabases(transaction)) {
    for (const key of db.keys()) {
      const record = db.find(key);
      if (record?.type !== "machine") continue;
      for (const finding of verifyMachine(db, record.id, decodeMachine(record)))
        yield `the machine ${JSON.stringify(textOfBytes(key))} in database ${db.index}: ${finding}`;
    }
  }
}

async function verifyBackup(backup: string, temporary: string, surroundings: Surroundings): Promise<number> {
  const { output, objects } = surroundings;
  const head = readBackupHead(backup);
  if (!existsSync(temporary))
    throw new OpenError(`the directory '${temporary}' of --temporary does not exist`);
  const directory = mkdtempSync(join(temporary, "detent-verify-"));
  try {
    await restore({
      backup,
      directory,
      archives: [],
      target: undefined,
      openAndClose: (work) => Store.open(work, objects).close(),
      onProgress: (done, of) => output.progress("bytes read:", done, of),
    });
    output.note(
      `${backup}: made ${new Date(head.madeAtMs).toISOString()}; what it needs of an archive begins with journal ` +
        `${head.journals.at(-1)?.number ?? head.mark.number + 1}`,
    );
    return await verifyDirectory(directory, backup, surroundings);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function verifyArchive(directory: string, surroundings: Surroundings): number {
  const { journals, findings } = archivedJournals(directory);
  for (const { number, positions, times } of journals) {
    const [firstMs, lastMs] = times ?? [];
    const at =
      firstMs === undefined || lastMs === undefined
        ? ""
        : `, ${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`;
    const [first, last] = positions ?? [];
    surroundings.output.print(
      `journal ${number}: ${first === undefined ? "empty" : `positions ${first} to ${last}${at}`}`,
    );
  }
  return reported(findings, directory, surroundings);
}

function reported(findings: readonly string[], name: string, { output }: Surroundings): number {
  for (const finding of findings) output.print(finding);
  if (findings.length > 0) {
    output.note(`${name}: ${findings.length} found wrong`);
    return EXIT_FAILED;
  }
  output.print(`${name}: all is well`);
  return EXIT_OK;
}
