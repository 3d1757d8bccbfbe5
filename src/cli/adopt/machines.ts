/**
 * Machines of a server for rows of a database. A machine that is there is brought to where its row is: by the entries that
 * it has not had, each as an event with an id of its own, so that one that was sent before is not applied again.
 */
import type { JsonObject } from "../../base/json.ts";
import type { Machine } from "../../engine/machine.ts";
import type { Row } from "../../remote/postgres.ts";
import { listOf, mapOf, type Remote, RemoteError, type Reply, textOf } from "../../remote/remote.ts";
import { eventBetween } from "./draft.ts";
import type { Names } from "./moves.ts";

/** What SM.CREATE takes. */
const HISTORY_MAX = 10_000;
const OUTCOMES_AT_ONCE = 500;
const BY = "detent adopt";

export interface Entry {
  readonly atMs: number;
  readonly to: string;
  readonly event: string | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
  /** Of the event. */
  readonly id: string;
}

export interface RowState {
  readonly id: string;
  readonly state: string;
  /** JSON. */
  readonly context: string | undefined;
  /** Oldest first, without those that leave the state as it is. */
  readonly entries: readonly Entry[];
}

export interface Target {
  readonly remote: Remote;
  /** With its version. */
  readonly definition: string;
  readonly machine: Machine;
  keyOf(id: string): string;
}

/** What has become of a row. */
export type Brought =
  | { readonly kind: "created" | "there" }
  /** So many entries or moves were applied; those that the definition refuses are listed. */
  | { readonly kind: "moved"; readonly moves: number; readonly forced: readonly string[] }
  | { readonly kind: "failed"; readonly reason: string };

/** A row of rowsQuery; undefined where it has no state. */
export function rowState(
  [id = null, value = null, context = null, list = null]: Row,
  names: Names,
): RowState | undefined {
  if (id === null || value === null) return undefined;
  const entries: Entry[] = [];
  const texts = list === null ? [] : (JSON.parse(list) as readonly (readonly (string | number | null)[])[]);
  for (const [at = null, to = null, event = null, by = null, reason = null, tie = null] of texts) {
    const state = names(String(to));
    if (event === null && entries.at(-1)?.to === state) continue;
    entries.push({
      atMs: Number(at),
      to: state,
      event: optional(event),
      by: optional(by),
      reason: optional(reason),
      id: tie === null ? `adopt:${at}:${to}` : `adopt:${tie}`,
    });
  }
  return { id, state: names(value), context: context ?? undefined, entries };
}

function optional(value: string | number | null): string | undefined {
  return value === null ? undefined : String(value);
}

/** @throws RemoteError when the server cannot be reached any more */
export async function bring(target: Target, row: RowState): Promise<Brought> {
  try {
    return await brought(target, row);
  } catch (error) {
    if (!(error instanceof RemoteError) || target.remote.isClosed) throw error;
    return { kind: "failed", reason: error.message };
  }
}

async function brought(target: Target, row: RowState): Promise<Brought> {
  const { remote, definition } = target;
  const key = target.keyOf(row.id);
  const history = pastOf(row);
  const made = await remote.call(
    ...["SM.CREATE", key, definition, "STATE", row.state, "BY", BY],
    ...(row.context === undefined ? [] : ["CONTEXT", row.context]),
    ...(history.length === 0 ? [] : ["HISTORY", JSON.stringify(history)]),
    "NX",
  );
  return made === null ? await catchUp(target, key, row) : { kind: "created" };
}

/** The past of a new machine. It ends where the row is, also where the history of the database does not. */
function pastOf({ state, entries }: RowState): readonly JsonObject[] {
  const last = entries.at(-1);
  const rest =
    last === undefined || last.to === state ? [] : [{ at: last.atMs, to: state, reason: "no entry says so" }];
  const past = entries.map(
    ({ atMs, to, event, by, reason }): JsonObject => ({
      at: atMs,
      to,
      ...(event === undefined ? {} : { event }),
      ...(by === undefined ? {} : { by }),
      ...(reason === undefined ? {} : { reason }),
    }),
  );
  return [...past, ...rest].slice(-HISTORY_MAX);
}

async function catchUp(target: Target, key: string, row: RowState): Promise<Brought> {
  const { remote, definition } = target;
  const info = await remote.call("SM.INFO", key);
  const own = info === null ? null : mapOf(info).get("definition");
  if (own !== definition)
    return { kind: "failed", reason: `'${key}' is there already, and is not a machine of ${definition}` };
  const missing = await unapplied(remote, key, row.entries);
  const forced: string[] = [];
  for (const entry of missing) await follow(target, key, { ...entry, forced });
  if (!(await isIn(remote, key, row.state))) {
    await follow(target, key, { to: row.state, forced });
    return { kind: "moved", moves: missing.length + 1, forced };
  }
  return missing.length === 0 ? { kind: "there" } : { kind: "moved", moves: missing.length, forced };
}

/** Entries behind those that the machine was made with, without those that it has had as events. */
async function unapplied(remote: Remote, key: string, entries: readonly Entry[]): Promise<readonly Entry[]> {
  if (entries.length === 0) return [];
  const made = await lastImported(remote, key);
  const behind =
    made === undefined
      ? 0
      : entries.findLastIndex(({ atMs, to }) => atMs === made.atMs && to === made.to) + 1;
  const later = entries.slice(behind);
  const missing: Entry[] = [];
  for (let at = 0; at < later.length; at += OUTCOMES_AT_ONCE) {
    const some = later.slice(at, at + OUTCOMES_AT_ONCE);
    const outcomes = listOf(await remote.call("SM.OUTCOME", key, ...some.map(({ id }) => id)));
    missing.push(...some.filter((_, index) => outcomes[index] === null));
  }
  return missing;
}

/** The newest entry that the machine was made with. */
async function lastImported(
  remote: Remote,
  key: string,
): Promise<{ readonly atMs: number; readonly to: string } | undefined> {
  for (let end = "+"; ; ) {
    const page = listOf(
      await remote.call("SM.HISTORY", key, end, "-", "REV", "COUNT", "1", "WHERE", "kind == 'imported'"),
    );
    const [row] = page;
    if (row === undefined) return undefined;
    const entry = mapOf(row);
    if (entry.get("kind") === "more") {
      end = `(${textOf(entry.get("rev"))}`;
      continue;
    }
    return { atMs: Number(entry.get("at")), to: textOf(listOf(entry.get("to"))[0]) };
  }
}

/** An entry, or a move that no entry tells of. */
interface Step {
  readonly to: string;
  /** Takes the moves that the definition does not have. */
  readonly forced: string[];
  readonly atMs?: number;
  readonly event?: string | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  readonly id?: string;
}

/** Does what a row did: by the event of the definition where it has one for this, by force otherwise. */
async function follow({ remote, machine }: Target, key: string, step: Step): Promise<void> {
  const { to, event, by, reason, id, atMs, forced } = step;
  const from = textOf(listOf(await remote.call("SM.STATE", key))[0]);
  // What the definition does not have is sent too: its outcome says later that this entry is done with.
  const sent = await reply(remote, [
    ...[
      "SM.SEND",
      key,
      event ?? eventBetween(machine, from, to) ?? to,
      JSON.stringify({ to }),
      "BY",
      by ?? BY,
    ],
    ...(id === undefined ? [] : ["ID", id]),
    ...(atMs === undefined ? [] : ["STAMP", String(atMs)]),
    ...(reason === undefined ? [] : ["REASON", reason]),
  ]);
  if (!(sent instanceof RemoteError) && listOf(sent).includes(to)) return;
  forced.push(`${from} -> ${to}`);
  const moved = await remote.call(
    "SM.MUTATE",
    key,
    to,
    reason ?? `${BY}: the definition has no such move`,
    "FORCE",
  );
  if (moved === null) throw new RemoteError(`'${key}' cannot be moved from '${from}' to '${to}'`);
}

async function isIn(remote: Remote, key: string, state: string): Promise<boolean> {
  return listOf(await remote.call("SM.STATE", key)).includes(state);
}

/** The reply, or the error that it is. */
async function reply(remote: Remote, args: readonly string[]): Promise<Reply | RemoteError> {
  try {
    return await remote.call(...args);
  } catch (error) {
    if (error instanceof RemoteError && !remote.isClosed) return error;
    throw error;
  }
}
