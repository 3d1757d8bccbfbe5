/** What rows of a database have done: states, moves between them with counts, and what does not fit together. */
import type { Row } from "../../remote/postgres.ts";
import { RemoteError } from "../../remote/remote.ts";
import { KINDS_MAX } from "./queries.ts";

/** How often something was seen, with ids of rows as examples. */
export interface Seen {
  readonly count: number;
  readonly examples: readonly string[];
}

export interface Move extends Seen {
  readonly from: string;
  readonly to: string;
  /** Undefined where the history names none. */
  readonly event: string | undefined;
}

/** An entry that begins elsewhere than the one before it ended, or a row that is elsewhere than its last entry. */
export interface Gap extends Seen {
  readonly kind: "entry" | "row";
  /** Where it is by what came before. */
  readonly expected: string;
  readonly found: string;
}

export interface Observed {
  /** States of the column with how many rows have them now; those of the history that no row has: 0. */
  readonly states: ReadonlyMap<string, number>;
  /** How many histories begin in a state. */
  readonly starts: ReadonlyMap<string, number>;
  readonly moves: readonly Move[];
  readonly gaps: readonly Gap[];
  readonly rows: number;
  /** Rows whose state is NULL. */
  readonly withoutState: Seen;
  /** Entries that leave the state as it is. */
  readonly unmoved: number;
}

/** From values of the column to names of states. */
export type Names = (value: string) => string;

const EXAMPLES_MAX = 3;

/** @param statuses rows of statusQuery @param kinds rows of movesQuery @param labels values that the column's type lists */
export function observed(
  statuses: readonly Row[],
  kinds: readonly Row[],
  { names, labels }: { readonly names: Names; readonly labels: readonly string[] },
): Observed {
  assertFew(statuses);
  assertFew(kinds);
  const tally = new Tally(names);
  for (const label of labels) tally.state(label, 0);
  for (const row of statuses) tally.row(row);
  for (const kind of kinds) tally.entry(kind);
  return tally.result();
}

function assertFew(rows: readonly Row[]): void {
  if (rows.length > KINDS_MAX)
    throw new RemoteError(`the column has more than ${KINDS_MAX} kinds of moves: it holds no states`);
}

class Tally {
  readonly #names: Names;
  readonly #states = new Map<string, number>();
  readonly #starts = new Map<string, number>();
  readonly #moves = new Map<string, Move>();
  readonly #gaps = new Map<string, Gap>();
  #rows = 0;
  #unmoved = 0;
  #withoutState: Seen = { count: 0, examples: [] };

  constructor(names: Names) {
    this.#names = names;
  }

  state(value: string, count: number): string {
    const name = this.#names(value);
    this.#states.set(name, (this.#states.get(name) ?? 0) + count);
    return name;
  }

  row([value = null, last = null, ...rest]: Row): void {
    const seen = seenOf(rest);
    this.#rows += seen.count;
    if (value === null) {
      this.#withoutState = added(this.#withoutState, seen);
      return;
    }
    const found = this.state(value, seen.count);
    const expected = last === null ? undefined : this.#names(last);
    if (expected !== undefined && expected !== found) this.#gap({ kind: "row", expected, found, ...seen });
  }

  entry([previous = null, from = null, to = null, event = null, head = null, ...rest]: Row): void {
    if (to === null) return;
    const seen = seenOf(rest);
    const target = this.state(to, 0);
    const source = from ?? previous;
    const begins = source === null ? target : this.state(source, 0);
    if (head !== "f" && head !== "false")
      this.#starts.set(begins, (this.#starts.get(begins) ?? 0) + seen.count);
    if (source === null) return;
    const expected = previous === null ? undefined : this.#names(previous);
    if (expected !== undefined && expected !== begins)
      this.#gap({ kind: "entry", expected, found: begins, ...seen });
    if (begins === target && event === null) this.#unmoved += seen.count;
    else
      add(this.#moves, `${begins}\0${target}\0${event ?? ""}`, {
        from: begins,
        to: target,
        event: event ?? undefined,
        ...seen,
      });
  }

  #gap(gap: Gap): void {
    add(this.#gaps, `${gap.kind}\0${gap.expected}\0${gap.found}`, gap);
  }

  result(): Observed {
    return {
      states: this.#states,
      starts: this.#starts,
      moves: mostFirst(this.#moves),
      gaps: mostFirst(this.#gaps),
      rows: this.#rows,
      withoutState: this.#withoutState,
      unmoved: this.#unmoved,
    };
  }
}

/** The most frequent first, those of the same count by name: the same database gives the same report. */
function mostFirst<T extends Seen>(map: ReadonlyMap<string, T>): readonly T[] {
  return [...map]
    .sort(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1))
    .map(([, seen]) => seen);
}

function seenOf([count = null, ...ids]: Row): Seen {
  return { count: Number(count), examples: [...new Set(ids.filter((id) => id !== null))] };
}

function added<T extends Seen>(one: T, more: Seen): T {
  const examples = [...new Set([...one.examples, ...more.examples])].slice(0, EXAMPLES_MAX);
  return { ...one, count: one.count + more.count, examples };
}

function add<T extends Seen>(map: Map<string, T>, key: string, value: T): void {
  const known = map.get(key);
  map.set(key, known === undefined ? value : added(known, value));
}

/** Below how many a move is rare: a number, or a share of the times that rows were in its state. */
export type Rareness =
  | { readonly kind: "count"; readonly below: number }
  | { readonly kind: "share"; readonly below: number };

/** @param starts how many begin in a state: what came to a state and stays there has not made the move either */
export function isRare(
  move: Move,
  { moves, starts }: Pick<Observed, "moves" | "starts">,
  rareness: Rareness,
): boolean {
  if (rareness.kind === "count") return move.count < rareness.below;
  const sum = (list: readonly Move[]) => list.reduce((total, { count }) => total + count, 0);
  const came = sum(moves.filter(({ to }) => to === move.from)) + (starts.get(move.from) ?? 0);
  const left = sum(moves.filter(({ from }) => from === move.from));
  return move.count < Math.max(came, left) * rareness.below;
}

/** Where most histories begin; where there are none, the state without a move into it that most rows have. */
export function initialOf({ states, starts, moves }: Observed): string | undefined {
  const most = (map: ReadonlyMap<string, number>) => [...map].sort(([, a], [, b]) => b - a)[0]?.[0];
  const entered = new Set(moves.filter(({ from, to }) => from !== to).map(({ to }) => to));
  return most(starts) ?? most(new Map([...states].filter(([name]) => !entered.has(name)))) ?? most(states);
}

/** States that rows came to and none has left. */
export function endsOf({ states, moves }: Observed, initial: string): readonly string[] {
  const left = new Set(moves.filter(({ from, to }) => from !== to).map(({ from }) => from));
  const entered = new Set(moves.map(({ to }) => to));
  return [...states.keys()].filter((name) => name !== initial && entered.has(name) && !left.has(name));
}
