/**
 * Follows a database: looks again and again for entries, or where there is no history for rows whose state has changed. An
 * entry may become visible later than one with a later time, so each look goes back by some time and passes over what it has
 * seen.
 */
import type { Postgres } from "../../remote/postgres.ts";
import { RemoteError } from "../../remote/remote.ts";
import { type RowState, rowState } from "./machines.ts";
import type { Names } from "./moves.ts";
import { laterQuery, newestQuery, rowsQuery, statesQuery } from "./queries.ts";
import type { HistoryTable, Source } from "./source.ts";

/** Entries of one look; a look that finds so many is followed by the next one at once. */
const ENTRIES_MAX = 5000;
const IDS_AT_ONCE = 500;
/** Rows whose states are remembered. */
const ROWS_MAX = 5_000_000;

/** A move that a row has made since the look before. */
export interface Step {
  readonly id: string;
  readonly from: string | undefined;
  readonly to: string;
}

/** What a look has found: rows as they are now, with what they have done. */
export interface Look {
  readonly rows: readonly RowState[];
  readonly steps: readonly Step[];
  /** Whether there may be more already. */
  readonly isFull: boolean;
}

export interface Watcher {
  look(): Promise<Look>;
}

export interface Watched {
  readonly database: Postgres;
  readonly source: Source;
  readonly names: Names;
  /** How far a look goes back behind the newest entry. */
  readonly overlapMs: number;
}

/** To be called within the moment that was reported: what comes later is what a look finds. */
export async function watcherOf(watched: Watched): Promise<Watcher> {
  const { history } = watched.source;
  return history === undefined ? await RowWatcher.begin(watched) : await EntryWatcher.begin(watched, history);
}

/** Rows with these ids, as they are now. */
async function rowsOf(
  { database, source, names }: Watched,
  ids: readonly string[],
): Promise<readonly RowState[]> {
  const rows: RowState[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE)
    for (const row of await database.query(rowsQuery(source, true), [ids.slice(at, at + IDS_AT_ONCE)])) {
      const state = rowState(row, names);
      if (state !== undefined) rows.push(state);
    }
  return rows;
}

class EntryWatcher implements Watcher {
  readonly #watched: Watched;
  readonly #history: HistoryTable;
  /** Entries of the time that looks go back, with when they were. */
  readonly #seen = new Map<string, number>();
  #newestMs: number;

  private constructor(watched: Watched, history: HistoryTable, newestMs: number) {
    this.#watched = watched;
    this.#history = history;
    this.#newestMs = newestMs;
  }

  static async begin(watched: Watched, history: HistoryTable): Promise<EntryWatcher> {
    const [[newest = null] = []] = await watched.database.query(newestQuery(history));
    const watcher = new EntryWatcher(watched, history, Number(newest ?? 0));
    while ((await watcher.#later()).isFull);
    return watcher;
  }

  async look(): Promise<Look> {
    const { found, isFull } = await this.#later();
    const rows = await rowsOf(this.#watched, [...new Set(found.map(({ id }) => id))]);
    const histories = new Map(rows.map((row) => [row.id, row.entries]));
    const steps = found.flatMap(({ id, atMs, to }): Step[] => {
      const entries = histories.get(id) ?? [];
      const at = entries.findLastIndex((entry) => entry.atMs === atMs && entry.to === to);
      // One that leaves the state as it is, or whose row has gone.
      return at < 0 ? [] : [{ id, from: entries[at - 1]?.to, to }];
    });
    return { rows, steps, isFull };
  }

  /** Entries that no look has seen. */
  async #later(): Promise<{
    readonly found: readonly { readonly id: string; readonly atMs: number; readonly to: string }[];
    readonly isFull: boolean;
  }> {
    const { database, names, overlapMs } = this.#watched;
    const found: { readonly id: string; readonly atMs: number; readonly to: string }[] = [];
    let fromMs = this.#newestMs - overlapMs;
    for (;;) {
      const rows = await database.query(laterQuery(this.#history, ENTRIES_MAX), [String(fromMs)]);
      for (const [id = null, at = null, tie = null, to = null] of rows) {
        const atMs = Number(at);
        const name = [id, at, tie, to].join("\0");
        if (id === null || to === null || this.#seen.has(name)) continue;
        this.#seen.set(name, atMs);
        this.#newestMs = Math.max(this.#newestMs, atMs);
        found.push({ id, atMs, to: names(to) });
      }
      const lastMs = Number(rows.at(-1)?.[1] ?? 0);
      // A page of entries that all are seen is no end: what is behind it is new.
      if (rows.length < ENTRIES_MAX || found.length > 0 || lastMs <= fromMs) {
        this.#forget();
        return { found, isFull: rows.length === ENTRIES_MAX && found.length > 0 };
      }
      fromMs = lastMs;
    }
  }

  #forget(): void {
    for (const [name, atMs] of this.#seen)
      if (atMs < this.#newestMs - this.#watched.overlapMs) this.#seen.delete(name);
  }
}

class RowWatcher implements Watcher {
  readonly #watched: Watched;
  readonly #states = new Map<string, string>();
  #newestMs = 0;

  private constructor(watched: Watched) {
    this.#watched = watched;
  }

  static async begin(watched: Watched): Promise<RowWatcher> {
    const watcher = new RowWatcher(watched);
    await watcher.#changed(false);
    return watcher;
  }

  async look(): Promise<Look> {
    const steps = await this.#changed(true);
    return {
      steps,
      rows: await rowsOf(
        this.#watched,
        steps.map(({ id }) => id),
      ),
      isFull: false,
    };
  }

  /** Takes note of where rows are, and returns those that were elsewhere before. */
  async #changed(later: boolean): Promise<readonly Step[]> {
    const { database, source, names, overlapMs } = this.#watched;
    const isBounded = later && source.updated !== undefined;
    const values = isBounded ? [String(this.#newestMs - overlapMs)] : [];
    const steps: Step[] = [];
    for (const [id = null, value = null, at = null] of await database.query(
      statesQuery(source, later),
      values,
    )) {
      if (id === null || value === null) continue;
      this.#newestMs = Math.max(this.#newestMs, Number(at));
      const to = names(value);
      const from = this.#states.get(id);
      if (from === to) continue;
      this.#states.set(id, to);
      steps.push({ id, from, to });
    }
    if (this.#states.size > ROWS_MAX)
      throw new RemoteError(
        `more than ${ROWS_MAX} rows cannot be watched without a table of entries: --history`,
      );
    return steps;
  }
}
