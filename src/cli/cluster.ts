/** detent cluster */
import { shownAddress } from "../config/directives/cluster.ts";
import { OpenError } from "../storage/ordered-store.ts";
import { isRefusal, withClient } from "../storage/postgres/connection.ts";
import { assertSchema, createSchema, type SchemaClient } from "../storage/postgres/schema.ts";
import { EXIT_FAILED, EXIT_OK, type Output, type Subcommand, textOption, UsageError } from "./subcommand.ts";

export const cluster: Subcommand = {
  name: "cluster",
  summary: "prepare a PostgreSQL database that servers share, or show who owns it",
  help: `Usage: detent cluster init URL [--partitions COUNT]
       detent cluster status URL [--json]

Servers that are started with 'store URL' share the data in a PostgreSQL database as a cluster. The slots of its keys
are divided into partitions, each of which one server owns and serves; the others take over when it ends.

  init      creates the tables, or upgrades those of an earlier version: once before the first server is started, and
            with every new version that asks for it. What is there already stays. It needs the right to create tables.
  status    prints the members, who owns the slots and for how long, and how much there is

  URL       postgres://user:password@host:5432/database. The tables are in the first schema of the search path, so
            several clusters share a database by URLs that end in ?options=-c%20search_path%3Dname
  --partitions COUNT
            into how many partitions the slots of a new cluster are divided: 1 to 256, 1 without the option. With one,
            one server serves and the others stand by; with several, all serve. 64 are enough for 16 servers. The number
            does not change: 'detent move' copies a cluster into one with another number.
  --json    status as an object of JSON

Exit codes: 0 done; 1 failed, or with status: a partition has no owner; 2 wrong arguments.

Examples:
  detent cluster init postgres://detent@db.example/detent --partitions 64
  detent --store postgres://detent@db.example/detent --port 6379
  detent cluster status postgres://detent@db.example/detent
`,
  options: { json: { type: "boolean" }, partitions: { type: "string" } },
  operands: [2, 2],
  run: async ([action = "", url = ""], given, { output }) => {
    const partitions = textOption(given, "partitions");
    if (action === "init") {
      const count = partitions === undefined ? undefined : partitionCount(partitions);
      return await asked(url, (client) => init(client, { url, count, output }));
    }
    if (partitions !== undefined) throw new UsageError("--partitions is for init");
    if (action !== "status") throw new UsageError(`'${action}' is neither init nor status`);
    const status = await asked(url, readStatus);
    if (given["json"] === true) output.print(JSON.stringify(status));
    else for (const line of linesOf(status, url)) output.print(line);
    return status.partitions.every(({ owner }) => owner !== null) ? EXIT_OK : EXIT_FAILED;
  },
};

/** @throws OpenError with what the database says */
async function asked<T>(url: string, work: (client: SchemaClient) => Promise<T>): Promise<T> {
  try {
    return await withClient(url, work);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new OpenError(`the database answers: ${error.message}`);
  }
}

const DONE = {
  missing: "the tables are created",
  older: "the tables are upgraded",
  current: "the tables are there already, nothing had to be done",
} as const;

/** Each costs its owner a lease to renew and a look for letters every second, whether it has work or not. */
const PARTITIONS_MAX = 256;

/** @throws UsageError */
function partitionCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > PARTITIONS_MAX)
    throw new UsageError(`--partitions takes a number from 1 to ${PARTITIONS_MAX}, not '${text}'`);
  return count;
}

interface Init {
  readonly url: string;
  /** How many partitions a new cluster has, or this one is to have. */
  readonly count: number | undefined;
  readonly output: Output;
}

async function init(client: SchemaClient, { url, count, output }: Init): Promise<number> {
  const before = await createSchema(client, count);
  // What is newer was refused.
  if (before !== "newer") output.print(`${shownAddress(url)}: ${DONE[before]}`);
  const { rows } = await client.query("select count(*)::int as count from detent_partition");
  const found = rows[0]?.["count"];
  if (count === undefined || found === count) return EXIT_OK;
  throw new OpenError(`the cluster has ${String(found)} partitions, and their number does not change`);
}

interface PartitionStatus {
  readonly partition: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
  readonly epoch: number;
  /** The id of a member whose lease has not ended. */
  readonly owner: string | null;
  readonly leaseMs: number;
  /** Records up to this one are in the data. */
  readonly mark: number;
  readonly journalRecords: number;
  readonly journalBytes: number;
}

interface MemberStatus {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly seenMs: number;
  readonly info: Readonly<Record<string, unknown>>;
}

interface Status {
  readonly partitions: readonly PartitionStatus[];
  readonly members: readonly MemberStatus[];
  /** On disk, indexes included. */
  readonly journalBytes: number;
  readonly dataBytes: number;
}

/** One statement, so that all of it is of one moment. */
const STATUS = `
select
  (select coalesce(json_agg(json_build_object('partition', p, 'firstSlot', slot_first, 'lastSlot', slot_last, 'epoch', epoch,
    'owner', case when lease_until > now() then split_part(owner, ':', 1) end,
    'leaseMs', case when lease_until > now() then round(extract(epoch from lease_until - now()) * 1000) else 0 end,
    'mark', mark, 'journalRecords', records, 'journalBytes', bytes) order by p), '[]')
   from detent_partition join lateral (
     select count(*) as records, coalesce(sum(length(record)), 0) as bytes from detent_journal j
     where j.p = detent_partition.p and j.sequence > mark) behind on true) as partitions,
  (select coalesce(json_agg(json_build_object('id', id, 'host', host, 'port', port, 'tlsPort', tls_port,
    'seenMs', round(extract(epoch from now() - seen) * 1000), 'info', info) order by host, port), '[]')
   from detent_member) as members,
  pg_total_relation_size('detent_journal')::float8 as "journalBytes",
  pg_total_relation_size('detent_data')::float8 as "dataBytes"`;

async function readStatus(client: SchemaClient): Promise<Status> {
  await assertSchema(client);
  const { rows } = await client.query(STATUS);
  // The statement says what its row is.
  return rows[0] as unknown as Status;
}

function* linesOf(status: Status, url: string): Generator<string> {
  const { partitions, members, journalBytes, dataBytes } = status;
  yield `Cluster in ${shownAddress(url)}`;
  for (const { partition, firstSlot, lastSlot, epoch, owner, leaseMs, mark, ...behind } of partitions) {
    const member = members.find(({ id }) => id === owner);
    const who =
      owner === null
        ? "no owner"
        : `owner ${member === undefined ? owner.slice(0, 8) : placeOf(member)} for another ${leaseMs} ms`;
    yield `Partition ${partition}: slots ${firstSlot}-${lastSlot}, epoch ${epoch}, ${who}`;
    yield `  journal: ${behind.journalRecords} records, ${behind.journalBytes} bytes behind the mark ${mark}`;
  }
  yield `On disk: journal ${journalBytes} bytes, data ${dataBytes} bytes`;
  yield members.length === 0 ? "Members: none" : "Members:";
  for (const member of members) {
    const { id, seenMs, info } = member;
    const count = partitions.filter(({ owner }) => owner === id).length;
    const share = partitions.length === 1 ? "owner" : `owns ${count} of ${partitions.length} partitions`;
    const role = count === 0 ? "stands by" : share;
    yield `  ${placeOf(member)} ${role}, seen ${seenMs} ms ago, version ${String(info["version"])}, pid ${String(info["pid"])}, id ${id}`;
  }
}

function placeOf({ host, port, tlsPort }: MemberStatus): string {
  return port === 0 ? `${host}:${tlsPort} (TLS)` : `${host}:${port}`;
}
