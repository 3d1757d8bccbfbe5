/**
 * The streams that a server writes, in all partitions of its cluster: what SM.STREAMS lists. A stream of another server's
 * partition has a name here and no figures; one that nobody has written to yet is listed too, since a consumer
 * group can be made before the first entry comes.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Databases } from "../keyspace/databases.ts";
import { formatId, ID_MIN } from "../streams/entry-id.ts";
import { openStream } from "../streams/streams.ts";
import { listDefinitions } from "./definitions.ts";
import {
  changeStream,
  configuredStream,
  deadStream,
  type MachineStream,
  machineStreamOf,
  refusalStream,
  STREAM_PREFIXES,
  type StreamKind,
  type Tagged,
  taskStream,
} from "./stream-names.ts";

/** In the order in which they are listed. */
export const STREAM_KINDS = [
  "changes",
  "tasks",
  "dead",
  "refusals",
  "audit",
  "ingest",
] as const satisfies readonly StreamKind[];

/** A partition of the cluster. */
export interface StreamPlace extends Tagged {
  readonly number: number;
  /** Where this server holds it. */
  readonly databases: Databases | undefined;
}

/** Which streams; what is not given is not restricted. */
export interface StreamWish {
  readonly kind?: StreamKind;
  /** Of a definition or a task; empty: the changes of map machines. */
  readonly name?: string;
}

export interface ListedStream extends MachineStream {
  readonly place: StreamPlace;
  readonly key: Bytes;
  /** Undefined where the partition is not held, and where the key holds something else. */
  readonly figures: { readonly length: number; readonly lastId: string } | undefined;
}

export interface StreamScope {
  readonly places: readonly StreamPlace[];
  /** The one whose streams are meant. */
  readonly database: number;
  /** What the directives name; empty: none. */
  readonly configured: { readonly audit: string; readonly ingest: string };
}

/** Keys that are looked at, in search of names. */
const KEYS_MAX = 10_000;

/** By kind, name and partition. */
export function* listStreams(scope: StreamScope, wish: StreamWish): Iterable<ListedStream> {
  for (const stream of wantedStreams(scope, wish)) {
    for (const place of scope.places) {
      const key = keyOf(scope, place, stream);
      yield { ...stream, place, key, figures: figuresOf(scope, place, key, stream) };
    }
  }
}

/** How many streams of a partition fit. */
export function wantedStreams(scope: StreamScope, { kind, name }: StreamWish): readonly MachineStream[] {
  if (kind !== undefined && name !== undefined) return [{ kind, name: name === "" ? undefined : name }];
  return knownStreams(scope).filter((stream) => kind === undefined || stream.kind === kind);
}

function knownStreams(scope: StreamScope): readonly MachineStream[] {
  const names = { changes: new Set<string>(), tasks: new Set<string>() };
  const held = scope.places.flatMap(({ databases }) => databases ?? []);
  const [home] = held;
  // Each partition has all definitions.
  if (home !== undefined)
    for (const { name } of listDefinitions(home.at(scope.database))) names.changes.add(name);
  for (const databases of held) addFound(databases, scope.database, names);
  const { configured } = scope;
  return STREAM_KINDS.flatMap((kind): readonly MachineStream[] => {
    if (kind === "changes" || kind === "tasks") {
      const sorted = [...names[kind]].sort().map((name) => ({ kind, name }));
      return kind === "changes" ? [{ kind, name: undefined }, ...sorted] : sorted;
    }
    const isOff = (kind === "audit" || kind === "ingest") && configured[kind] === "";
    return isOff ? [] : [{ kind, name: undefined }];
  });
}

/** Names of streams that are there: of definitions that have been deleted, and of tasks. */
function addFound(
  databases: Databases,
  database: number,
  names: Readonly<Record<"changes" | "tasks", Set<string>>>,
): void {
  const db = databases.at(database);
  let looked = 0;
  for (const prefix of STREAM_PREFIXES) {
    for (const key of db.keysBeginningWith(prefix)) {
      if (looked === KEYS_MAX) return;
      looked += 1;
      const found = machineStreamOf(db.place, key);
      if (found?.name === undefined || (found.kind !== "changes" && found.kind !== "tasks")) continue;
      if (!names[found.kind].has(found.name) && db.find(key)?.type === "stream")
        names[found.kind].add(found.name);
    }
  }
}

function keyOf({ configured }: StreamScope, place: StreamPlace, { kind, name }: MachineStream): Bytes {
  switch (kind) {
    case "changes":
      return changeStream(place, name);
    case "tasks":
      assert(name !== undefined, "a task has a name");
      return taskStream(place, name);
    case "dead":
      return deadStream(place);
    case "refusals":
      return refusalStream(place);
    default:
      return configuredStream(place, configured[kind]);
  }
}

function figuresOf(
  { database }: StreamScope,
  { databases }: StreamPlace,
  key: Bytes,
  { kind }: MachineStream,
): ListedStream["figures"] {
  // The streams that directives name are in database 0.
  const db = databases?.at(kind === "audit" || kind === "ingest" ? 0 : database);
  if (db === undefined) return undefined;
  const record = db.find(key);
  if (record === undefined) return { length: 0, lastId: formatId(ID_MIN) };
  if (record.type !== "stream") return undefined;
  const { length, lastId } = openStream(db, key, record).header;
  return { length, lastId: formatId(lastId) };
}
