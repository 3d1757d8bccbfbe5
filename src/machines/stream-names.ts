/**
 * The names of the streams that a server writes, one function for each kind. An entry is in the commit of what it tells
 * of, so its stream has to be in the same partition: where a cluster has several, a name carries the tag of its
 * partition, and there is a stream of each kind in each of them.
 *
 * | kind      | one partition        | several: the tag is t    | an entry is                                       |
 * | --------- | -------------------- | ------------------------ | ------------------------------------------------- |
 * | changes   | `sm:changes:<name>`  | `sm:changes:{t}:<name>`  | a change of a machine of a definition (outbox.ts) |
 * |           | `sm:changes`         | `sm:changes:{t}`         | a change of a map machine                         |
 * | tasks     | `sm:tasks:<task>`    | `sm:tasks:{t}:<task>`    | a task (tasks.ts)                                 |
 * | dead      | `sm:dead`            | `sm:dead:{t}`            | a task that was given up                          |
 * | refusals  | `sm:refusals`        | `sm:refusals:{t}`        | a step that came to nothing (failures.ts)         |
 * | audit     | `sm-audit-stream`    | the same and `:{t}`      | a request that is administrative or forced        |
 * | ingest    | `sm-ingest-stream`   | the same and `:{t}`      | an event for a machine of the partition           |
 *
 * The tag comes before a name that is a client's, because the first braces of a key decide its slot. A configured name
 * that has braces itself stands behind the tag: `{t}:<name>`.
 */
import { type Bytes, bytesOfText, textOfBytes } from "../base/bytes.ts";
import type { Place } from "../keyspace/place.ts";

/** What of a place is in a name. */
export type Tagged = Pick<Place, "tag">;

const CHANGES = "sm:changes";
const TASKS = "sm:tasks";
const DEAD = "sm:dead";
const REFUSALS = "sm:refusals";

/** The stream of the changes of a definition's machines; without a name, that of map machines. */
export function changeStream({ tag }: Tagged, name: string | undefined): Bytes {
  if (name === undefined) return fixed(CHANGES, tag);
  const known = tag === "" ? untagged : namesOf(tag);
  let stream = known.get(name);
  if (stream === undefined) {
    stream = bytesOfText(`${prefixOf(CHANGES, tag)}${name}`);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(name, stream);
  }
  return stream;
}

/** The change streams that were asked for, by the name of the definition: of each tag so many. */
const KNOWN_MAX = 1000;
const untagged = new Map<string, Bytes>();
const tagged = new Map<string, Map<string, Bytes>>();
const TAGS_MAX = 1024;

function namesOf(tag: string): Map<string, Bytes> {
  let names = tagged.get(tag);
  if (names === undefined) {
    names = new Map();
    if (tagged.size >= TAGS_MAX) tagged.clear();
    tagged.set(tag, names);
  }
  return names;
}

/** The stream of the tasks of a name. */
export function taskStream({ tag }: Tagged, task: string): Bytes {
  return bytesOfText(prefixOf(TASKS, tag) + task);
}

/** The name of the tasks of a stream; undefined when it is not a stream of tasks. */
export function taskOfStream({ tag }: Tagged, stream: Bytes): string | undefined {
  const text = textOfBytes(stream);
  const prefix = prefixOf(TASKS, tag);
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

/** The stream of the tasks that were given up. */
export function deadStream({ tag }: Tagged): Bytes {
  return fixed(DEAD, tag);
}

/** The stream of what came to nothing. */
export function refusalStream({ tag }: Tagged): Bytes {
  return fixed(REFUSALS, tag);
}

/** The stream that a directive names: `sm-audit-stream` or `sm-ingest-stream`. */
export function configuredStream({ tag }: Tagged, name: string): Bytes {
  if (tag === "") return bytesOfText(name);
  return bytesOfText(name.includes("{") ? `{${tag}}:${name}` : `${name}:{${tag}}`);
}

export type StreamKind = "changes" | "tasks" | "dead" | "refusals" | "audit" | "ingest";

/** What the names of streams that machines write begin with, in the order of keys. */
export const STREAM_PREFIXES: readonly Bytes[] = [CHANGES, DEAD, REFUSALS, `${TASKS}:`].map(bytesOfText);

export interface MachineStream {
  readonly kind: StreamKind;
  /** The definition or the task it is of. */
  readonly name: string | undefined;
}

/**
 * Of a stream that machines write, its kind, and the definition or the task it is of; undefined where the key is that of
 * no such stream.
 */
export function machineStreamOf(place: Tagged, key: Bytes): MachineStream | undefined {
  if (key === deadStream(place)) return { kind: "dead", name: undefined };
  if (key === refusalStream(place)) return { kind: "refusals", name: undefined };
  if (key === changeStream(place, undefined)) return { kind: "changes", name: undefined };
  const task = taskOfStream(place, key);
  if (task !== undefined) return task === "" ? undefined : { kind: "tasks", name: task };
  const text = textOfBytes(key);
  const prefix = prefixOf(CHANGES, place.tag);
  return text.startsWith(prefix) && text.length > prefix.length
    ? { kind: "changes", name: text.slice(prefix.length) }
    : undefined;
}

function prefixOf(kind: string, tag: string): string {
  return tag === "" ? `${kind}:` : `${kind}:{${tag}}:`;
}

function fixed(kind: string, tag: string): Bytes {
  return bytesOfText(tag === "" ? kind : `${kind}:{${tag}}`);
}

/** Whether a key is that of a stream that a directive names, in any partition; `isDivided`: there are several. */
export function isConfiguredStream(name: string, key: Buffer, isDivided: boolean): boolean {
  const text = key.toString("utf8");
  if (!isDivided) return text === name;
  return name.includes("{")
    ? text.startsWith("{") && text.endsWith(`}:${name}`)
    : text.startsWith(`${name}:{`) && text.endsWith("}");
}
