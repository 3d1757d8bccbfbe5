/** Copies of stores, entry by entry: of a directory into a partition of a cluster, and back. */
import { type Bytes, chars, raw } from "../base/bytes.ts";
import type { Held, Tenancy } from "../cluster/tenancy.ts";
import { importProgress, isEmptyStore } from "../export/import.ts";
import { metaKey } from "../keyspace/layouts.ts";
import type { ObjectTypes } from "../keyspace/objects.ts";
import { Store } from "../keyspace/store.ts";
import { DurableStore } from "../storage/durable-store.ts";
import type { Entry, OrderedReader, Write } from "../storage/ordered-store.ts";
import { PostgresStore } from "../storage/postgres/postgres-store.ts";
import { untilLoaded } from "../storage/until-loaded.ts";
import { relieved } from "./relieved.ts";
import type { Output } from "./subcommand.ts";

/** A commit takes so many entries, or so many bytes of them. */
const BATCH_ENTRIES = 1000;
const BATCH_BYTES = 1024 * 1024;
/** All keys of a store are in between. */
const FIRST = raw("");
const END = raw("\xff");
/** Stands in the target until all is there: no server serves it meanwhile. */
const UNFINISHED = metaKey("import");

/** A cluster whose partitions are this program's for now. */
export interface TakenCluster {
  readonly url: string;
  readonly tenancy: Tenancy;
}

/** True when nothing is in any of its partitions, nor has been left by a move that was interrupted. */
export async function isEmptyCluster({ url, tenancy }: TakenCluster, objects: ObjectTypes): Promise<boolean> {
  for (const { partition, owner, epoch } of tenancy.partitions) {
    const store = await Store.openPostgres({ url, partition, owner, epoch }, objects);
    const isEmpty = await untilLoaded(() => {
      const transaction = store.begin();
      return isEmptyStore(transaction) && importProgress(transaction) === undefined;
    });
    await store.close();
    if (!isEmpty) return false;
  }
  return true;
}

/** No server serves the partition until this is taken from it, with false. */
export async function setUnfinished(cluster: TakenCluster, held: Held, isUnfinished: boolean): Promise<void> {
  const target = await opened(cluster, held);
  target.commit([[UNFINISHED, isUnfinished ? Buffer.from('{"head":"detent move"}') : null]]);
  await target.close();
}

/** A directory, of which all is in the data file, into an empty partition; how many entries there were. */
export async function intoPartition(
  directory: string,
  cluster: TakenCluster,
  held: Held,
  output: Output,
): Promise<number> {
  const source = DurableStore.open(directory);
  try {
    const target = await opened(cluster, held);
    const take = async (writes: readonly Write[]) => {
      cluster.tenancy.assert();
      target.commit(writes);
      await target.drained();
    };
    const count = await copy(source, take, output);
    await target.close();
    return count;
  } finally {
    await source.close();
  }
}

/** A partition into a new directory, which is to be removed when this throws; how many entries there were. */
export async function outOfPartition(
  cluster: TakenCluster,
  held: Held,
  directory: string,
  { objects, output }: { readonly objects: ObjectTypes; readonly output: Output },
): Promise<number> {
  const { url, tenancy } = cluster;
  const { partition, owner, epoch } = held;
  // What only the journal has goes into the data.
  const found = await Store.openPostgres({ url, partition, owner, epoch, carriesAtEnd: true }, objects);
  await found.close();
  const source = await PostgresStore.open({ url, partition, owner, epoch });
  const target = DurableStore.open(directory);
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
    source.abandon();
  }
}

function opened({ url }: TakenCluster, { partition, owner, epoch }: Held): Promise<PostgresStore> {
  return PostgresStore.open({ url, partition, owner, epoch, carriesAtEnd: true });
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
