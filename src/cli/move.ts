/** detent move */
import { existsSync, renameSync, rmSync } from "node:fs";
import { type Bytes, chars, raw } from "../base/bytes.ts";
import { type Held, type Tenancy, TenancyError, takePartitions } from "../cluster/tenancy.ts";
import { shownAddress } from "../config/directives/cluster.ts";
import { importProgress, isEmptyStore } from "../export/import.ts";
import { usedDatabases } from "../keyspace/databases.ts";
import { metaKey } from "../keyspace/layouts.ts";
import type { ObjectTypes } from "../keyspace/objects.ts";
import { Store } from "../keyspace/store.ts";
import { DurableStore } from "../storage/durable-store.ts";
import {
  CommitError,
  type Entry,
  OpenError,
  type OrderedReader,
  type Write,
} from "../storage/ordered-store.ts";
import { PostgresStore } from "../storage/postgres/postgres-store.ts";
import { untilLoaded } from "../storage/until-loaded.ts";
import { EXIT_OK, type Output, type Subcommand, UsageError } from "./subcommand.ts";

/** A commit takes so many entries, or so many bytes of them. */
const BATCH_ENTRIES = 1000;
const BATCH_BYTES = 1024 * 1024;
/** All keys of a store are in between. */
const FIRST = raw("");
const END = raw("\xff");
/** Stands in the target until all is there: no server serves it meanwhile. */
const UNFINISHED = metaKey("import");

export const move: Subcommand = {
  name: "move",
  summary: "bring a store from its directory into the database of a cluster, or back; no server may run",
  help: `Usage: detent move DIR URL
       detent move URL DIR

Copies all that a store holds, as it is: from the directory of a server that has ended into the database of a cluster
whose servers have all ended, or the other way round. The source stays as it is. The target must have nothing in it:
a database that 'detent cluster init' has prepared, or a directory that does not exist. When it is interrupted, no
server serves the target; run it again, after 'detent cluster init' on an empty schema, or as before for a directory.

  DIR     the directory of a server alone
  URL     postgres://user:password@host:5432/database, as 'detent cluster init' takes it

A cluster has database 0 alone: a store with keys in other databases is refused.

Exit codes: 0 done, 1 failed, 2 wrong arguments.

Examples:
  detent move /var/lib/detent postgres://detent@db.example/detent
  detent move postgres://detent@db.example/detent /var/lib/detent.new
`,
  options: {},
  operands: [2, 2],
  run: async ([from = "", to = ""], _given, { objects, output }) => {
    const isFromDatabase = isUrl(from);
    if (isFromDatabase === isUrl(to))
      throw new UsageError(
        "one of the two is a directory, the other the address of a database, postgres://…",
      );
    const url = isFromDatabase ? from : to;
    try {
      const tenancy = await takePartitions(url);
      try {
        const count = isFromDatabase
          ? await intoDirectory({ tenancy, url, directory: to, objects, output })
          : await intoDatabase({ tenancy, url, directory: from, objects, output });
        tenancy.assert();
        output.print(`${isFromDatabase ? to : shownAddress(to)}: ${count} entries`);
      } finally {
        await tenancy.end();
      }
      return EXIT_OK;
    } catch (error) {
      if (error instanceof TenancyError || error instanceof CommitError) throw new OpenError(error.message);
      throw error;
    }
  },
};

interface Move {
  readonly tenancy: Tenancy;
  readonly url: string;
  readonly directory: string;
  readonly objects: ObjectTypes;
  readonly output: Output;
}

async function intoDatabase({ tenancy, url, directory, objects, output }: Move): Promise<number> {
  if (!existsSync(`${directory}/data.mdb`)) throw new OpenError(`there is no store in '${directory}'`);
  const { partition, owner, epoch } = onlyOf(tenancy);
  const before = await Store.openPostgres({ url, partition, owner, epoch }, objects);
  const isEmpty = await untilLoaded(() => {
    const transaction = before.begin();
    return isEmptyStore(transaction) && importProgress(transaction) === undefined;
  });
  await before.close();
  if (!isEmpty) throw new OpenError(`the cluster in ${shownAddress(url)} has something in it already`);
  // What only the journals have goes into the data file.
  const found = Store.open(directory, objects);
  const others = [...usedDatabases(found.begin())].filter(({ index }) => index !== 0);
  await found.close();
  const [other] = others;
  if (other !== undefined)
    throw new OpenError(`'${directory}' has keys in database ${other.index}: a cluster has database 0 alone`);
  const source = DurableStore.open(directory);
  try {
    const target = await PostgresStore.open({ url, partition, owner, epoch, carriesAtEnd: true });
    target.commit([[UNFINISHED, Buffer.from('{"head":"detent move"}')]]);
    const take = async (writes: readonly Write[]) => {
      tenancy.assert();
      target.commit(writes);
      await target.drained();
    };
    const count = await copy(source, take, output);
    target.commit([[UNFINISHED, null]]);
    await target.close();
    return count;
  } finally {
    await source.close();
  }
}

async function intoDirectory({ tenancy, url, directory, objects, output }: Move): Promise<number> {
  if (existsSync(directory))
    throw new OpenError(`'${directory}' is there already: name one that does not exist`);
  const { partition, owner, epoch } = onlyOf(tenancy);
  // What only the journal has goes into the data.
  const found = await Store.openPostgres({ url, partition, owner, epoch, carriesAtEnd: true }, objects);
  await found.close();
  const source = await PostgresStore.open({ url, partition, owner, epoch });
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    const target = DurableStore.open(unfinished);
    try {
      // It is made anew when it is interrupted.
      target.setFlushPolicy("no");
      const take = async (writes: readonly Write[]) => {
        tenancy.assert();
        target.commit(writes);
        await relieved(target);
      };
      return await copy(source, take, output);
    } finally {
      await target.close();
    }
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  } finally {
    source.abandon();
    if (existsSync(unfinished)) renameSync(unfinished, directory);
  }
}

function onlyOf({ partitions }: Tenancy): Held {
  const [only, ...others] = partitions;
  if (only === undefined || others.length > 0) throw new OpenError("the cluster has several partitions");
  return only;
}

/** Copies all entries, batch by batch; returns how many there were. */
async function copy(
  source: OrderedReader,
  take: (writes: readonly Write[]) => Promise<void>,
  output: Output,
): Promise<number> {
  let count = 0;
  let from = FIRST;
  for (;;) {
    const page = await untilLoaded(() => pageOf(source, from));
    if (page.length === 0) return count;
    await take(page);
    count += page.length;
    output.progress("entries written:", count, 0);
    // The key right behind the last one.
    from = raw(`${chars(page.at(-1)?.[0] ?? FIRST)}\x00`);
  }
}

function pageOf(source: OrderedReader, from: Bytes): readonly Entry[] {
  const page: Entry[] = [];
  let bytes = 0;
  for (const entry of source.range(from, END)) {
    page.push([entry[0], Buffer.from(entry[1])]);
    bytes += entry[1].length;
    if (page.length >= BATCH_ENTRIES || bytes >= BATCH_BYTES) break;
  }
  return page;
}

async function relieved(store: DurableStore): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  while (store.isCongested) {
    await new Promise<void>((resolve) => {
      store.onRelieved(resolve);
      if (!store.isCongested) resolve();
    });
  }
}

function isUrl(word: string): boolean {
  return /^postgres(ql)?:\/\//.test(word);
}
