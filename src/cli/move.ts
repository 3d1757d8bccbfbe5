/** detent move */
import { assert } from "../base/assert.ts";
import { type Held, TenancyError, takePartitions } from "../cluster/tenancy.ts";
import { shownAddress } from "../config/directives/cluster.ts";
import { ImportFault } from "../export/import.ts";
import { ReshapeFault } from "../export/reshape.ts";
import { Store } from "../keyspace/store.ts";
import { CommitError, OpenError } from "../storage/ordered-store.ts";
import { intoPartition, outOfPartition, setUnfinished, type TakenCluster } from "./copying.ts";
import {
  assertEmpty,
  assertStore,
  moveReshaped,
  newDirectory,
  otherDatabases,
  type Shared,
  type Side,
} from "./move-reshaped.ts";
import { EXIT_OK, type Subcommand, UsageError } from "./subcommand.ts";

export const move: Subcommand = {
  name: "move",
  summary: "copy a store to the database of a cluster, out of it, or to another cluster; no server may run",
  help: `Usage: detent move DIR URL
       detent move URL DIR
       detent move URL URL

Copies all data of a store without a change: from the directory of a server to the database of a cluster, the other way
round, or from one cluster to another, which may have another number of partitions. All servers of both must have ended.
The source stays as it is. The target must be empty: a database that 'detent cluster init' has prepared, or a directory
that does not exist. After an interruption no server serves the target; run the command again, for a database after
'detent cluster init' on an empty schema.

  DIR     the directory of a single server
  URL     postgres://user:password@host:5432/database, as 'detent cluster init' takes it

A cluster has database 0 alone: a store with keys in other databases is refused. Where one side has several partitions,
the directory for temporary files (TMPDIR) needs room for two copies of all there is.

Exit codes: 0 done, 1 failed, 2 wrong arguments.

Examples:
  detent move /var/lib/detent postgres://detent@db.example/detent
  detent move postgres://detent@db.example/detent /var/lib/detent.new
`,
  options: {},
  operands: [2, 2],
  run: async ([from = "", to = ""], _given, surroundings) => {
    if (!isUrl(from) && !isUrl(to))
      throw new UsageError("one of the two, or both, is the address of a database, postgres://…");
    const taken: TakenCluster[] = [];
    try {
      const side = async (name: string): Promise<Side> => {
        if (!isUrl(name)) return { kind: "directory", directory: name };
        const cluster = { url: name, tenancy: await takePartitions(name) };
        taken.push(cluster);
        return { kind: "cluster", cluster };
      };
      const what = await moved(await side(from), await side(to), surroundings);
      for (const { tenancy } of taken) tenancy.assert();
      surroundings.output.print(`${isUrl(to) ? shownAddress(to) : to}: ${what}`);
      return EXIT_OK;
    } catch (error) {
      const isTheirs =
        error instanceof TenancyError ||
        error instanceof CommitError ||
        error instanceof ReshapeFault ||
        error instanceof ImportFault;
      if (isTheirs) throw new OpenError(error.message);
      throw error;
    } finally {
      for (const { tenancy } of taken) await tenancy.end();
    }
  },
};

/** What there is now. */
async function moved(from: Side, to: Side, shared: Shared): Promise<string> {
  const isWhole = (side: Side) => side.kind === "directory" || side.cluster.tenancy.partitions.length === 1;
  if (!isWhole(from) || !isWhole(to) || from.kind === to.kind) return await moveReshaped(from, to, shared);
  const count =
    from.kind === "directory" && to.kind === "cluster"
      ? await intoDatabase(from.directory, to.cluster, shared)
      : from.kind === "cluster" && to.kind === "directory"
        ? await intoDirectory(from.cluster, to.directory, shared)
        : 0;
  return `${count} entries`;
}

async function intoDatabase(directory: string, cluster: TakenCluster, shared: Shared): Promise<number> {
  assertStore(directory);
  await assertEmpty(cluster, shared.objects);
  // What only the journals have goes into the data file.
  const found = Store.open(directory, shared.objects);
  const fault = otherDatabases(found.begin(), directory);
  await found.close();
  if (fault !== undefined) throw new OpenError(fault);
  const held = onlyOf(cluster);
  await setUnfinished(cluster, held, true);
  const count = await intoPartition(directory, cluster, held, shared.output);
  await setUnfinished(cluster, held, false);
  return count;
}

async function intoDirectory(cluster: TakenCluster, directory: string, shared: Shared): Promise<number> {
  return await newDirectory(directory, (unfinished) =>
    outOfPartition(cluster, onlyOf(cluster), unfinished, shared),
  );
}

function onlyOf({ tenancy: { partitions } }: TakenCluster): Held {
  const [only, ...others] = partitions;
  assert(only !== undefined && others.length === 0, "a cluster of one partition");
  return only;
}

function isUrl(word: string): boolean {
  return /^postgres(ql)?:\/\//.test(word);
}
