/**
 * A move that divides the keys in another way: each side is made a directory for each of its partitions, and lines go from the
 * ones to the others (export/reshape.ts). Events that are on their way between partitions are put on their way again.
 */
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shownAddress } from "../config/directives/cluster.ts";
import { Importer } from "../export/import.ts";
import { headLine, type ReshapedLine, reshaped, type Source } from "../export/reshape.ts";
import { reshapedStreams } from "../export/reshape-streams.ts";
import { counterValue } from "../keyspace/counters.ts";
import { Databases, usedDatabases } from "../keyspace/databases.ts";
import { counterKey } from "../keyspace/layouts.ts";
import { type Place, WHOLE } from "../keyspace/place.ts";
import { encodeNumber } from "../keyspace/records.ts";
import { Store } from "../keyspace/store.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { post } from "../machines/mail/outgoing.ts";
import { OpenError } from "../storage/ordered-store.ts";
import { withClient } from "../storage/postgres/connection.ts";
import {
  intoPartition,
  isEmptyCluster,
  outOfPartition,
  setUnfinished,
  type TakenCluster,
} from "./copying.ts";
import { type MailRow, waitingLetters } from "./move-letters.ts";
import { relieved } from "./relieved.ts";
import { counted, type Surroundings } from "./subcommand.ts";

export type Side =
  | { readonly kind: "directory"; readonly directory: string }
  | { readonly kind: "cluster"; readonly cluster: TakenCluster };

export type Shared = Pick<Surroundings, "objects" | "output" | "version" | "nowMs" | "placesOf">;

/** A transaction takes so many lines, or so many bytes of them. */
const BATCH_LINES = 500;
const BATCH_BYTES = 1024 * 1024;
const MIB = 1024 * 1024;
/** There may be many at once. */
const SMALL = {
  journalBytesMax: 2 * MIB,
  tableBytesMax: 4 * MIB,
  derivedBytesMax: 4 * MIB,
  cacheBytesMax: 4 * MIB,
};

/** Returns what there is now. */
export async function moveReshaped(from: Side, to: Side, shared: Shared): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), "detent-move-"));
  try {
    if (from.kind === "directory") assertStore(from.directory);
    if (to.kind === "cluster") await assertEmpty(to.cluster, shared.objects);
    const sources = await openSources(from, stage, shared);
    try {
      const mail = from.kind === "cluster" ? await mailOf(from.cluster) : [];
      if (to.kind === "directory")
        return await newDirectory(to.directory, (directory) =>
          intoStores({ sources, mail, places: [WHOLE], directoryOf: () => directory, shared }),
        );
      return await intoCluster(to.cluster, { sources, mail, stage, shared });
    } finally {
      for (const { store } of sources) await store.close();
    }
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

interface OpenSource extends Source {
  readonly store: Store;
}

async function openSources(from: Side, stage: string, shared: Shared): Promise<readonly OpenSource[]> {
  if (from.kind === "directory") {
    const store = Store.open(from.directory, shared.objects);
    const transaction = store.begin();
    const fault = otherDatabases(transaction, from.directory);
    if (fault === undefined) return [{ store, transaction, place: WHOLE }];
    await store.close();
    throw new OpenError(fault);
  }
  const sources: OpenSource[] = [];
  const { partitions } = from.cluster.tenancy;
  for (const [index, place] of shared.placesOf(partitions).entries()) {
    const held = partitions[index];
    if (held === undefined) continue;
    const directory = join(stage, `from-${index}`);
    await outOfPartition(from.cluster, held, directory, shared);
    const store = Store.open(directory, shared.objects, { limits: SMALL });
    sources.push({ store, transaction: store.begin(), place });
  }
  return sources;
}

interface Reshaping {
  readonly sources: readonly OpenSource[];
  readonly mail: readonly MailRow[];
  readonly places: readonly Place[];
  readonly directoryOf: (index: number) => string;
  readonly shared: Shared;
}

async function intoCluster(
  cluster: TakenCluster,
  given: Pick<Reshaping, "sources" | "mail" | "shared"> & { readonly stage: string },
): Promise<string> {
  const { partitions } = cluster.tenancy;
  const directoryOf = (index: number) => join(given.stage, `to-${index}`);
  const what = await intoStores({ ...given, places: given.shared.placesOf(partitions), directoryOf });
  // All of them stay unfinished until the last one is there.
  for (const held of partitions) await setUnfinished(cluster, held, true);
  for (const [index, held] of partitions.entries())
    await intoPartition(directoryOf(index), cluster, held, given.shared.output);
  for (const held of partitions) await setUnfinished(cluster, held, false);
  return what;
}

/** Makes the stores; returns what they hold. */
async function intoStores({ sources, mail, places, directoryOf, shared }: Reshaping): Promise<string> {
  const targets = places.map((place, index) => new Target(directoryOf(index), place, shared));
  const [first] = places;
  if (first === undefined) return "";
  try {
    const take = async (lines: Iterable<ReshapedLine>) => {
      let count = 0;
      for (const { to, line } of lines) {
        for (const target of to === undefined ? targets : targets.slice(to, to + 1)) await target.take(line);
        count += 1;
        if (count % BATCH_LINES === 0) shared.output.progress("lines written:", count, 0);
      }
    };
    await take([{ to: undefined, line: headLine(shared.version, shared.nowMs) }]);
    await take(reshaped(sources, first));
    const id = Math.max(...sources.map(({ transaction }) => counterValue(transaction, counterKey("id"))));
    for (const target of targets) target.raise(id);
    await take(reshapedStreams(sources, places));
    const letters = waitingLetters(sources, mail);
    for (const letter of letters)
      targets[first.partitionOf(letter.kind === "send" ? letter.from : letter.to)]?.post(letter);
    for (const target of targets) await target.end();
    const objects = targets.reduce((sum, target) => sum + target.importer.progress.objects, 0);
    const { definitions } = targets[0]?.importer.progress ?? { definitions: 0 };
    const events = letters.length === 0 ? "" : `, ${counted(letters.length, "event")} between machines`;
    return `${counted(objects, "key")} and ${counted(definitions, "definition")}${events}`;
  } finally {
    for (const target of targets) await target.close();
  }
}

/** A store that is made of lines. */
class Target {
  readonly importer: Importer;
  readonly #store: Store;
  readonly #place: Place;
  #transaction: Transaction;
  #lines = 0;
  #bytes = 0;

  constructor(directory: string, place: Place, { objects }: Shared) {
    this.importer = new Importer(undefined, place);
    this.#place = place;
    this.#store = Store.open(directory, objects, place.count === 1 ? {} : { limits: SMALL });
    // It is made anew when it is interrupted.
    this.#store.setFlushPolicy("no");
    this.#transaction = this.#store.begin();
  }

  async take(line: string): Promise<void> {
    const bytes = Buffer.from(line, "utf8");
    this.importer.take(this.#transaction, bytes);
    this.#lines += 1;
    this.#bytes += bytes.length;
    if (this.#lines >= BATCH_LINES || this.#bytes >= BATCH_BYTES) await this.#commit();
  }

  /** Ids that are given out from now on are beyond this one. */
  raise(id: number): void {
    this.#transaction.put(counterKey("id"), encodeNumber(id));
  }

  post(letter: Parameters<typeof post>[1]): void {
    const db = new Databases(this.#transaction, 1, 0, this.#place).at(0);
    post(db, letter, Number.POSITIVE_INFINITY);
  }

  async end(): Promise<void> {
    const { definitions, objects, libraries, migrations } = this.importer.progress;
    const end = { end: true, definitions, objects, libraries, migrations, digest: "" };
    await this.take(JSON.stringify(end));
    await this.#commit();
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async #commit(): Promise<void> {
    this.importer.note(this.#transaction);
    this.#store.commit(this.#transaction);
    await relieved(this.#store);
    this.#transaction = this.#store.begin();
    this.#lines = 0;
    this.#bytes = 0;
  }
}

/** The post of a cluster, letters of one partition to another in order. */
async function mailOf({ url }: TakenCluster): Promise<readonly MailRow[]> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ target: number; source: number; sequence: string; record: Buffer }>(
      "select target, source, sequence, record from detent_mail order by source, target, sequence",
    );
    return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  });
}

/** @throws OpenError */
export function assertStore(directory: string): void {
  if (!existsSync(`${directory}/data.mdb`)) throw new OpenError(`there is no store in '${directory}'`);
}

/** @throws OpenError */
export async function assertEmpty(cluster: TakenCluster, objects: Shared["objects"]): Promise<void> {
  if (!(await isEmptyCluster(cluster, objects)))
    throw new OpenError(`the cluster in ${shownAddress(cluster.url)} has something in it already`);
}

/** Why a directory cannot become a cluster, if it cannot. */
export function otherDatabases(transaction: Transaction, directory: string): string | undefined {
  const other = [...usedDatabases(transaction)].find(({ index }) => index !== 0);
  return other && `'${directory}' has keys in database ${other.index}: a cluster has database 0 alone`;
}

/** A directory has its name once it is whole. @throws OpenError when it is there already */
export async function newDirectory<T>(
  directory: string,
  make: (unfinished: string) => Promise<T>,
): Promise<T> {
  if (existsSync(directory))
    throw new OpenError(`'${directory}' is there already: name one that does not exist`);
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    const made = await make(unfinished);
    renameSync(unfinished, directory);
    return made;
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}
