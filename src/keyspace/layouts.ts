/**
 * THE table of key layouts: every key in the store is composed here. All numbers are big-endian, so byte
 * order is number order. `phys` is the physical number of a database: SWAPDB and FLUSHDB change which one a
 * database index stands for and move no keys. `id` is the number of a key's object, unique in the store, kept
 * through RENAME and given anew when the key is replaced by a value of another type.
 *
 * | space | fields                       | value                                              |
 * | ----- | ---------------------------- | -------------------------------------------------- |
 * | m     | name                         | facts about the store: format, next id, databases  |
 * | c     | name                         | a counter (float64)                                |
 * | k     | phys u32, user key           | the key's record (records.ts)                      |
 * | o     | phys u32, id u64             | the user key: order of SCAN, way from id to key    |
 * | v     | id u64                       | a long string's bytes                              |
 * | x     | due ms u64, phys u32, id u64 | the user key: expiry, earliest first               |
 * | h     | id u64, rev u64              | a chunk of history from that rev on (history.ts)   |
 * |       |                              | rev 0: what it was after those that were trimmed   |
 * | i     | phys u32, definition 0,      | nothing: machines by active state, by the time the |
 * |       | version 0, state 0,          | state was entered; an outer state behind \x01o      |
 * |       | since ms u64, id u64         |                                                    |
 * | y     | phys u32, definition 0,      | nothing: machines by definition                    |
 * |       | version 0, id u64            |                                                    |
 * | n     | phys u32, definition 0,      | a counter (float64): machines in a state and       |
 * |       | version 0, state 0, status   | status; of all states together under a byte 1      |
 * | s     | id u64, part, …              | the parts of a stream, see below                   |
 * | u     | id u64, part, …              | the parts of a large hash, set, list or sorted     |
 * |       |                              | set, see below                                     |
 * | d     | phys u32, name 0, version 0  | a definition (definitions.ts)                      |
 * | r     | l, name 0                    | a library of functions (libraries.ts)              |
 * | r     | f, name in lower case 0      | which function of which library has the name       |
 * | p     | id u64, sequence u64         | an event of a machine that waits (pending.ts)     |
 * | t     | due ms u64, id u64, kind,    | phys u32: what of a machine falls due, earliest    |
 * |       | sequence u64                 | first; kind e: a timer of the engine, s: an event, |
 * |       |                              | l: a state that is not to last longer, m: the next |
 * |       |                              | part of a migration, whose number the id is        |
 * | l     | phys u32, deadline ms u64,   | nothing: machines that have been in a state for    |
 * |       | id u64, state u64            | longer than they should, the longest first         |
 * | e     | id u64, event id 0           | the outcome of an event (outcomes.ts)              |
 * | q     | id u64, sequence u64         | the event id: outcomes in the order they came      |
 * | f     | id u64, child id 0           | a child of a machine, or a list of children        |
 * | f     | id u64, child id 0, index    | one of such a list (child-links.ts); the index u32 |
 * | w     | phys u32, kind, number u64   | kind p: a plan of a migration, j: a migration that |
 * |       |                              | was begun (machines/migration/stored.ts)           |
 * | b     | number u64, kind, id u64     | of a migration, a machine: kind b: what it was     |
 * |       |                              | before, h: why it has been left where it is        |
 * | g     | kind, number u64             | what is to be removed piece by piece               |
 * | z     | phys u32, kind, number u64,  | of a bulk job, kind h: what it is to do, c: keys   |
 * |       | index u64                    | of machines from an index on, r: what became of one|
 * | j     |                              | how far the data file has the journals (lmdb-data) |
 * | a     | o, target u32, sequence u64  | an event for a machine of another partition        |
 * | a     | s, target u32                | the sequence of the last one for that partition    |
 * | a     | p, source u32                | the sequence of the last one from that partition   |
 *
 * The parts of a stream, by the letter behind its id. Groups and consumers have numbers of their own, so that keys
 * are short however long their names are. An entry id is ms u64 and seq u64.
 *
 * | part | fields                              | value                                        |
 * | ---- | ----------------------------------- | -------------------------------------------- |
 * | e    | entry id                            | a chunk of entries, by the id of the first   |
 * |      |                                     | it was given (chunk.ts)                      |
 * | t    | slot u8                             | entries of the tail, as a chunk (tail.ts)    |
 * | d    | entry id                            | a bit for each entry of the chunk under this |
 * |      |                                     | id: set where it was deleted                 |
 * | g    | group name                          | a consumer group                             |
 * | c    | group u32, consumer name            | the consumer's number (u32)                  |
 * | n    | group u32, consumer u32             | a consumer                                   |
 * | p    | group u32, entry id                 | a page of pending entries by the lowest id   |
 * |      |                                     | it may hold: its consumer, since when        |
 * | q    | group u32, consumer u32, entry id   | nothing: pages with entries of a consumer    |
 *
 * The parts of a hash, set, list or sorted set that has outgrown its record (src/values).
 *
 * | part | fields                              | value                                        |
 * | ---- | ----------------------------------- | -------------------------------------------- |
 * | f    | hash of the name u48, name          | a field of a hash, a member of a set, or the |
 * |      |                                     | score of a member of a sorted set            |
 * | b    | node u32                            | a node of the tree of a list or sorted set   |
 *
 * Names end with a zero byte (0 in the table). A name that holds one itself, or is longer than
 * NAME_BYTES_MAX, stands as its SHA-256 behind a byte 1, so that no name is the beginning of another.
 *
 * A user key longer than USER_KEY_BYTES_MAX is in `k` as its SHA-256 (LMDB keys are at most 1978 bytes);
 * `o` has it in full.
 */

import { createHash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { bytesOfText, chars, raw, readU32, readU64, u32, u64 } from "../base/bytes.ts";
import { type ExpiryTime, expiryTimeAt, sortableExpiryTime } from "./expiry-time.ts";

/** A user key up to this length is stored as it is. */
export const USER_KEY_BYTES_MAX = 1024;

/** Keys with this prefix, as a half-open range. */
export interface Range {
  readonly from: Bytes;
  readonly to: Bytes;
}

/** Spaces whose keys often last for seconds only and are never derived: expiries, what of machines falls due. */
export const TRANSIENT_SPACES = "xt";

/** Spaces whose keys are looked for before they exist, and then no longer: outcomes, by the id of a new event. */
export const UNREPEATED_SPACES = "e";

export function metaKey(name: string): Bytes {
  return raw(`m${name}`);
}

export function counterKey(name: string): Bytes {
  return raw(`c${name}`);
}

/** The prefix of all keys of a database in a space, for the callers that compose many. */
export function databasePrefix(space: "k" | "o", phys: number): string {
  return space + u32(phys);
}

/** `prefix` is databasePrefix("k", phys). */
export function recordKey(prefix: string, userKey: Bytes): Bytes {
  const text = chars(userKey);
  return text.length <= USER_KEY_BYTES_MAX ? raw(`${prefix}\0${text}`) : raw(`${prefix}\x01${digest(text)}`);
}

/** `prefix` is databasePrefix("o", phys). */
export function orderKey(prefix: string, id: number): Bytes {
  return raw(prefix + u64(id));
}

/** The id in a key of the `o` space. */
export function idOfOrderKey(key: Bytes): number {
  return readU64(key, 5);
}

export function longStringKey(id: number): Bytes {
  return raw(`v${u64(id)}`);
}

export function idOfLongStringKey(key: Bytes): number {
  return readU64(key, 1);
}

export function expiryKey(dueMs: ExpiryTime, phys: number, id: number): Bytes {
  return raw(`x${sortableExpiryTime(dueMs)}${u32(phys)}${u64(id)}`);
}

export function expiryFields(key: Bytes): {
  readonly dueMs: ExpiryTime;
  readonly phys: number;
  readonly id: number;
} {
  return { dueMs: expiryTimeAt(key, 1), phys: readU32(key, 9), id: readU64(key, 13) };
}

/** Where the keys that expire at or after `dueMs` begin. */
export function expiriesAt(dueMs: number): Bytes {
  return raw(`x${u64(dueMs)}`);
}

/** A name up to this length that holds no zero byte is stored as it is. */
const NAME_BYTES_MAX = 200;

/** Most names: their characters are their bytes, none of them zero, and the first is no byte 1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a name is any bytes
const PLAIN_NAME = /^(?:[\x02-\x7f][\x01-\x7f]*)?$/;

/** A name as a field of a key. */
function nameField(text: string): string {
  if (text.length <= NAME_BYTES_MAX && PLAIN_NAME.test(text)) return `${text}\0`;
  const bytes = chars(bytesOfText(text));
  return bytes.length <= NAME_BYTES_MAX && !bytes.includes("\0") && !bytes.startsWith("\x01")
    ? `${bytes}\0`
    : `\x01${Buffer.from(digest(bytes), "latin1").toString("hex")}\0`;
}

/** Where the first `count` name fields of a key end. */
function endOfFields(key: Bytes, count: number): number {
  const text = chars(key);
  let end = 5;
  for (let field = 0; field < count; field += 1) end = text.indexOf("\0", end) + 1;
  return end;
}

/** The name fields of a key behind space and phys. A name that stands as its digest reads as that. */
function fieldsOf(key: Bytes, count: number): string[] {
  const fields: string[] = [];
  const text = chars(key);
  let start = 5;
  while (fields.length < count) {
    const end = text.indexOf("\0", start);
    fields.push(Buffer.from(text.slice(start, end), "latin1").toString("utf8"));
    start = end + 1;
  }
  return fields;
}

function nameFields(name: string | undefined, version: string | undefined): string {
  if (name === undefined) return "";
  return version === undefined ? nameField(name) : nameField(name) + nameField(version);
}

/** Definition and version of a machine; both empty for a machine that brings its own map. */
export interface DefinitionName {
  readonly name: string;
  readonly version: string;
}

export function historyKey(id: number, rev: number): Bytes {
  return raw(`h${u64(id)}${u64(rev)}`);
}

/** The rev in a key of the `h` space. */
export function revOfHistoryKey(key: Bytes): number {
  return readU64(key, 9);
}

/** A state as indexes and counters name it. */
export interface StatePlace {
  readonly state: string;
  /** Whether it has others below it: those are counted apart, so that all atomic ones together are all machines. */
  readonly isOuter: boolean;
}

/** Begins the field of an outer state; the field of no name. */
const OUTER = "\x01o";

function stateField({ state, isOuter }: StatePlace): string {
  return isOuter ? OUTER + nameField(state) : nameField(state);
}

/** The prefix of the machines in a state, in the order in which they entered it. */
export function statePrefix(phys: number, definition: DefinitionName, place: StatePlace): string {
  return `i${u32(phys)}${nameField(definition.name)}${nameField(definition.version)}${stateField(place)}`;
}

/** `prefix` is a statePrefix. */
export function stateKey(prefix: string, sinceMs: number, id: number): Bytes {
  return raw(prefix + u64(sinceMs) + u64(id));
}

/** The last two fields of a key of the `i` space. */
export function stateKeyFields(key: Bytes): { readonly sinceMs: number; readonly id: number } {
  const end = chars(key).length;
  return { sinceMs: readU64(key, end - 16), id: readU64(key, end - 8) };
}

/** The prefix of all machines of a database, of a definition, or of one of its versions. */
export function definitionPrefix(phys: number, name?: string, version?: string): string {
  return `y${u32(phys)}${nameFields(name, version)}`;
}

export function definitionKey(phys: number, definition: DefinitionName, id: number): Bytes {
  return raw(definitionPrefix(phys, definition.name, definition.version) + u64(id));
}

/** Stands in place of a state's name for all states together: the field of no name, since "" is one. */
const ALL_STATES_FIELD = "\x01\0";

/** The prefix of the counters of a database, of a definition, or of one of its versions. */
export function machineCounterPrefix(phys: number, name?: string, version?: string): string {
  return `n${u32(phys)}${nameFields(name, version)}`;
}

/** The counter of machines in a state with a status; `state` undefined: of all machines with the status. */
export function machineCounterKey(
  phys: number,
  definition: DefinitionName,
  place: StatePlace | undefined,
  status: string,
): Bytes {
  const prefix = machineCounterPrefix(phys, definition.name, definition.version);
  return raw(prefix + (place === undefined ? ALL_STATES_FIELD : stateField(place)) + nameField(status));
}

/**
 * The fields of a counter's key; `place` undefined: of all states together. `isWhole` is false where a name stands as
 * its digest: the machines it counts know the name, and the first of them is in `machines`.
 */
export function machineCounterFields(key: Bytes): {
  readonly definition: DefinitionName;
  readonly place: StatePlace | undefined;
  readonly status: string;
  readonly isWhole: boolean;
  readonly machines: Range;
} {
  const [name = "", version = "", field = "", status = ""] = fieldsOf(key, 4);
  const isOfAll = `${field}\0` === ALL_STATES_FIELD;
  const isOuter = field.startsWith(OUTER);
  const state = isOuter ? field.slice(OUTER.length) : field;
  return {
    definition: { name, version },
    place: isOfAll ? undefined : { state, isOuter },
    status,
    isWhole: ![name, version, isOfAll ? "" : state].some(isDigest),
    machines: isOfAll
      ? prefixRange(`y${chars(key).slice(1, endOfFields(key, 2))}`)
      : prefixRange(`i${chars(key).slice(1, endOfFields(key, 3))}`),
  };
}

/** Whether a field of a key is that of a name. */
export function isFieldOf(field: string, name: string): boolean {
  return isDigest(field) ? `${field}\0` === nameField(name) : field === name;
}

function isDigest(field: string): boolean {
  return field.startsWith("\x01");
}

/** The definition in a key of the `y` or `d` space; undefined where one of its names stands as its digest. */
export function definitionOfKey(key: Bytes): DefinitionName | undefined {
  const [name = "", version = ""] = fieldsOf(key, 2);
  return isDigest(name) || isDigest(version) ? undefined : { name, version };
}

export function definitionRecordKey(phys: number, definition: DefinitionName): Bytes {
  return raw(definitionRecordPrefix(phys, definition.name) + nameField(definition.version));
}

/** The prefix of all definitions of a database, or of all versions of one name. */
export function definitionRecordPrefix(phys: number, name?: string): string {
  return `d${u32(phys)}${name === undefined ? "" : nameField(name)}`;
}

export function libraryKey(name: string): Bytes {
  return raw(`${LIBRARIES}${nameField(name)}`);
}

/** Where all libraries stand. */
export const LIBRARIES = "rl";

/** Names of functions are the same in any case. */
export function functionKey(name: string): Bytes {
  return raw(`${FUNCTIONS}${nameField(name.toLowerCase())}`);
}

/** Where the names of all functions stand. */
export const FUNCTIONS = "rf";

export function pendingKey(id: number, sequence: number): Bytes {
  return raw(`p${u64(id)}${u64(sequence)}`);
}

/**
 * What falls due: of a machine a timer of the engine, an event that was scheduled, the end of a state's sla; and the next
 * part of a migration.
 */
export type DueKind = "e" | "s" | "l" | "m";

export interface DueEntry {
  readonly dueMs: number;
  readonly id: number;
  readonly kind: DueKind;
  readonly sequence: number;
}

export function dueKey(entry: DueEntry): Bytes {
  return raw(`t${u64(entry.dueMs)}${u64(entry.id)}${entry.kind}${u64(entry.sequence)}`);
}

export function dueFields(key: Bytes): DueEntry {
  const letter = chars(key)[17];
  const kind = letter === "e" || letter === "l" || letter === "m" ? letter : "s";
  return { dueMs: readU64(key, 1), id: readU64(key, 9), kind, sequence: readU64(key, 18) };
}

/** The prefix of the machines of a database that are overdue. */
export function overduePrefix(phys: number): string {
  return `l${u32(phys)}`;
}

/** A state, by its number in the definition, that a machine has been in for longer than it should. */
export interface OverdueEntry {
  readonly deadlineMs: number;
  readonly id: number;
  readonly state: number;
}

export function overdueKey(phys: number, { deadlineMs, id, state }: OverdueEntry): Bytes {
  return raw(overduePrefix(phys) + u64(deadlineMs) + u64(id) + u64(state));
}

export function overdueFields(key: Bytes): OverdueEntry {
  return { deadlineMs: readU64(key, 5), id: readU64(key, 13), state: readU64(key, 21) };
}

/** A plan of a migration (p), or a migration that was begun (j). */
export type MigrationKind = "p" | "j";

/** The prefix of the plans or migrations of a database; without a kind of both. */
export function migrationPrefix(phys: number, kind: MigrationKind | "" = ""): string {
  return `w${u32(phys)}${kind}`;
}

export function migrationKey(phys: number, kind: MigrationKind, number: number): Bytes {
  return raw(migrationPrefix(phys, kind) + u64(number));
}

export function migrationFields(key: Bytes): {
  readonly phys: number;
  readonly kind: MigrationKind;
  readonly number: number;
} {
  return { phys: readU32(key, 1), kind: chars(key)[5] === "p" ? "p" : "j", number: readU64(key, 6) };
}

/** A machine of a migration: what it was before (b), or why it was left where it is (h). */
export type MigratedKind = "b" | "h";

/** The prefix of the machines of a migration; without a kind of both. */
export function migratedPrefix(job: number, kind: MigratedKind | "" = ""): string {
  return `b${u64(job)}${kind}`;
}

export function migratedKey(job: number, kind: MigratedKind, id: number): Bytes {
  return raw(migratedPrefix(job, kind) + u64(id));
}

export function migratedFields(key: Bytes): { readonly job: number; readonly id: number } {
  return { job: readU64(key, 1), id: readU64(key, 10) };
}

/** Of a bulk job: what it is to do (h), keys of its machines (c), or what became of one (r). */
export type BulkKind = "h" | "c" | "r";

/** The prefix of all that is stored of bulk jobs, of one kind, or of one kind of one job. */
export function bulkPrefix(phys: number, kind: BulkKind | "" = "", number?: number): string {
  return `z${u32(phys)}${kind}${number === undefined ? "" : u64(number)}`;
}

export function bulkKey(phys: number, kind: BulkKind, number: number, index = 0): Bytes {
  return raw(bulkPrefix(phys, kind, number) + u64(index));
}
export const bulkIndex = (key: Bytes): number => readU64(key, 14);

/** The kind of garbage that is what a migration has kept of machines. */
export const GARBAGE_MIGRATION = "m";

/** Where what is due of machines at or after `dueMs` begins. */
export function duesAt(dueMs: number): Bytes {
  return raw(`t${u64(dueMs)}`);
}

/** The one composed last is remembered: who looks for an outcome is likely to keep one of that id. */
export function outcomeKey(id: number, eventId: string): Bytes {
  if (latestOutcome === undefined || latestOutcome.id !== id || latestOutcome.eventId !== eventId)
    latestOutcome = { id, eventId, key: raw(`e${u64(id)}${nameField(eventId)}`) };
  return latestOutcome.key;
}

let latestOutcome: { readonly id: number; readonly eventId: string; readonly key: Bytes } | undefined;

export function outcomeOrderKey(id: number, sequence: number): Bytes {
  return raw(`q${u64(id)}${u64(sequence)}`);
}

/** A child of the machine `id`, or the list of those with this name; with an index one of that list. */
export function childKey(id: number, name: string, index?: number): Bytes {
  return raw(`${childrenPrefix(id)}${nameField(name)}${index === undefined ? "" : u32(index)}`);
}

/** The prefix of all children of a machine. */
export function childrenPrefix(id: number): string {
  return `f${u64(id)}`;
}

/** The first byte string of all keys a stream has, for who goes through them all. */
export function streamPrefix(id: number): string {
  return `s${u64(id)}`;
}

export function streamEntryKey(id: number, entryId: Bytes): Bytes {
  return raw(`s${u64(id)}e${chars(entryId)}`);
}

export function streamChunksPrefix(id: number): string {
  return `s${u64(id)}e`;
}

export function streamHolesPrefix(id: number): string {
  return `s${u64(id)}d`;
}

/** A slot of the tail of a stream. */
export function streamSlotKey(id: number, slot: number): Bytes {
  return raw(`s${u64(id)}t${String.fromCharCode(slot)}`);
}

/** The letters behind the id of a stream: a chunk, its holes, a slot. */
const ENTRY_PARTS = "edt";

/** True for the key of a chunk of entries of a stream, of its holes, or of a slot of the tail. */
export function isEntryPart(key: Bytes): boolean {
  return ENTRY_PARTS.includes(chars(key).charAt(9));
}

/** The slot that the key of a part of a stream is of; undefined: it is another part. */
export function slotOfKey(key: Bytes): number | undefined {
  const text = chars(key);
  return text[STREAM_PREFIX_BYTES] === "t" ? text.charCodeAt(STREAM_PREFIX_BYTES + 1) : undefined;
}

/** The holes of the chunk under streamEntryKey of the same id. */
export function streamHolesKey(id: number, entryId: Bytes): Bytes {
  return raw(`s${u64(id)}d${chars(entryId)}`);
}

export function streamGroupKey(id: number, name: Bytes): Bytes {
  return raw(`s${u64(id)}g${lastName(name)}`);
}

export function streamGroupsPrefix(id: number): string {
  return `s${u64(id)}g`;
}

export function consumerNameKey(id: number, group: number, name: Bytes): Bytes {
  return raw(consumerNamesPrefix(id, group) + lastName(name));
}

export function consumerNamesPrefix(id: number, group: number): string {
  return `s${u64(id)}c${u32(group)}`;
}

export function consumerKey(id: number, group: number, consumer: number): Bytes {
  return raw(consumersPrefix(id, group) + u32(consumer));
}

export function consumersPrefix(id: number, group: number): string {
  return `s${u64(id)}n${u32(group)}`;
}

export function pendingEntryKey(id: number, group: number, entryId: Bytes): Bytes {
  return raw(pendingEntriesPrefix(id, group) + chars(entryId));
}

export function pendingEntriesPrefix(id: number, group: number): string {
  return `s${u64(id)}p${u32(group)}`;
}

/** `prefix` is a consumerPendingPrefix. */
export function consumerPendingKey(prefix: string, entryId: Bytes): Bytes {
  return raw(prefix + chars(entryId));
}

/** The prefix of the pending entries of a consumer; without one, of all consumers of the group. */
export function consumerPendingPrefix(id: number, group: number, consumer?: number): string {
  return `s${u64(id)}q${u32(group)}${consumer === undefined ? "" : u32(consumer)}`;
}

/** The entry id at the end of a key of a stream's part. */
export function entryIdOfKey(key: Bytes): Bytes {
  return raw(chars(key).slice(-ENTRY_ID_BYTES));
}

const ENTRY_ID_BYTES = 16;
const STREAM_PREFIX_BYTES = 9;

/** The prefix of all parts of a hash, set, list or sorted set. */
export function valuePrefix(id: number): string {
  return `u${u64(id)}`;
}

/** The prefix of the fields of a hash, or of the members of a set or sorted set. */
export function elementsPrefix(id: number): string {
  return `u${u64(id)}f`;
}

/** Where the fields or members begin whose names have this hash, six bytes, or a higher one. */
export function elementsFrom(id: number, hash: string): Bytes {
  return raw(`u${u64(id)}f${hash}`);
}

/** A field of a hash or a member of a set; `hash` is that of the name, six bytes. */
export function elementKey(id: number, hash: string, name: Bytes): Bytes {
  return raw(`u${u64(id)}f${hash}${lastName(name)}`);
}

/** The hash in an elementKey. */
export function hashOfElementKey(key: Bytes): string {
  return chars(key).slice(VALUE_PREFIX_BYTES + 1, VALUE_PREFIX_BYTES + 7);
}

/** The name in an elementKey; undefined where it is too long to stand there. */
export function nameOfElementKey(key: Bytes): Bytes | undefined {
  const text = chars(key);
  return text[VALUE_PREFIX_BYTES + 7] === "\0" ? raw(text.slice(VALUE_PREFIX_BYTES + 8)) : undefined;
}

/** True for a name that stands whole in an elementKey. */
export function isWholeInKey(nameLength: number): boolean {
  return nameLength <= USER_KEY_BYTES_MAX;
}

/** A node of the tree of a list or sorted set. */
export function treeNodeKey(id: number, node: number): Bytes {
  return raw(`u${u64(id)}b${u32(node)}`);
}

export function treeNodesPrefix(id: number): string {
  return `u${u64(id)}b`;
}

const VALUE_PREFIX_BYTES = 9;

/** A name as the last field of a key: it needs no end. Long ones stand as their SHA-256, like user keys. */
function lastName(name: Bytes): string {
  const text = chars(name);
  return text.length <= USER_KEY_BYTES_MAX ? `\0${text}` : `\x01${digest(text)}`;
}

/** The first byte string behind a key: the end of a range that includes the key. */
export function behind(key: Bytes): Bytes {
  return raw(`${chars(key)}\0`);
}

/** A letter to another partition; sequences begin at 1. */
export function letterKey(target: number, sequence: number): Bytes {
  return raw(`${LETTERS}${u32(target)}${u64(sequence)}`);
}

export function letterFields(key: Bytes): { readonly target: number; readonly sequence: number } {
  return { target: readU32(key, 2), sequence: readU64(key, 6) };
}

/** Where all letters stand that wait to be sent. */
export const LETTERS = "ao";

/** How many letters a partition has got, which is the sequence of the last one. */
export function lastLetterKey(target: number): Bytes {
  return raw(`${LAST_LETTERS}${u32(target)}`);
}

export const LAST_LETTERS = "as";

/** Up to which of its letters those of another partition have been taken. */
export function mailPositionKey(source: number): Bytes {
  return raw(`${MAIL_POSITIONS}${u32(source)}`);
}

export const MAIL_POSITIONS = "ap";

/** The number of a partition in a lastLetterKey or mailPositionKey. */
export function partitionOfMailKey(key: Bytes): number {
  return readU32(key, 2);
}

/** `kind` is one letter that says what the number names. */
export function garbageKey(kind: string, number: number): Bytes {
  return raw(`g${kind}${u64(number)}`);
}

/** The spaces whose keys begin with the id of an object; what they hold of it goes when it goes. */
export const OBJECT_SPACES = ["h", "p", "e", "q", "f", "s", "u"] as const;

/** The kind of garbage that is what an object has kept beside its record. */
export const GARBAGE_OBJECT = "o";

export type ObjectSpace = (typeof OBJECT_SPACES)[number];

/** The key of what an object keeps in a space; `rest` is what follows the id. */
export function objectKey(space: ObjectSpace, id: number, rest: Bytes): Bytes {
  return raw(space + u64(id) + chars(rest));
}

/** Space and rest of what objectKey composed. */
export function objectKeyFields(key: Bytes): { readonly space: string; readonly rest: Bytes } {
  return { space: chars(key).charAt(0), rest: raw(chars(key).slice(9)) };
}

/** All that an object keeps in spaces of its own. */
export function objectRanges(id: number): Range[] {
  return OBJECT_SPACES.map((space) => prefixRange(space + u64(id)));
}

/** Every entry of a kind of garbage. */
export function garbageSpace(kind: string): Range {
  return prefixRange(`g${kind}`);
}

export function garbageFields(key: Bytes): { readonly kind: string; readonly number: number } {
  return { kind: chars(key).charAt(1), number: readU64(key, 2) };
}

/** Every key that begins with `prefix`. */
export function prefixRange(prefix: string): Range {
  return { from: raw(prefix), to: raw(successor(prefix)) };
}

/** The first byte string after all those that begin with `prefix`. */
function successor(prefix: string): string {
  let end = prefix.length;
  while (end > 0 && prefix.charCodeAt(end - 1) === 255) end -= 1;
  if (end === 0) return "\xff".repeat(prefix.length + 1);
  return prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1);
}

function digest(text: string): string {
  return createHash("sha256").update(Buffer.from(text, "latin1")).digest().toString("latin1");
}
