/**
 * A store whose reads miss, as those of one over a database do: it knows nothing until that is loaded, loads end late and in
 * any order, and what no work holds may be forgotten at each commit and load. What it says is what the store below says.
 */
import type { Bytes } from "../../src/base/bytes.ts";
import { behind } from "../../src/keyspace/layouts.ts";
import { type Hold, NotLoaded } from "../../src/storage/not-loaded.ts";
import type { Entry, OrderedStore, RangeOptions, Write } from "../../src/storage/ordered-store.ts";
import { seeded } from "./seeded.ts";

/** Entries of the first page of a piece of work, and of the largest one. */
const PAGE_ENTRIES = 2;
const PAGE_ENTRIES_MAX = 64;
/** Rounds of the event loop that a load may take. */
const ROUNDS_MAX = 4;

/** Keys `from <= key < to`, all of which are known. */
interface Known {
  readonly from: Bytes;
  readonly to: Bytes;
  holds: number;
}

export interface ForgetfulOptions {
  readonly seed: number;
  /** How likely it is that something known that nothing holds is forgotten at a load. */
  readonly forgets?: number;
  /** Runs something later: after some rounds of the event loop, unless a test does it. */
  readonly later?: (work: () => void) => void;
}

export function forgetfulStore(
  below: OrderedStore,
  { seed, forgets = 0.2, later }: ForgetfulOptions,
): OrderedStore & { readonly missCount: number } {
  const random = seeded(seed);
  const known = new Set<Known>();
  /** Single keys that are known, and how many hold them. */
  const points = new Map<Bytes, number>();
  let missCount = 0;
  const afterRounds = (rounds: number, work: () => void): void => {
    if (rounds <= 0) work();
    else setImmediate(() => afterRounds(rounds - 1, work));
  };
  const runLater = later ?? ((work) => afterRounds(1 + Math.floor(random() * ROUNDS_MAX), work));

  const forget = (): void => {
    for (const each of known) if (each.holds === 0 && random() < forgets) known.delete(each);
    for (const [key, holds] of points) if (holds === 0 && random() < forgets) points.delete(key);
  };
  const holdPoint = (hold: Hold, key: Bytes): void => {
    points.set(key, (points.get(key) ?? 0) + 1);
    hold.keep(below.get(key)?.length ?? 0, () => points.set(key, (points.get(key) ?? 1) - 1));
  };
  const holdOn = (hold: Hold, from: Bytes, to: Bytes, bytes: number): void => {
    const loaded = { from, to, holds: 1 };
    known.add(loaded);
    hold.keep(bytes, () => {
      loaded.holds -= 1;
    });
  };
  const missed = (work: (hold: Hold) => void): NotLoaded => {
    missCount += 1;
    const load = (hold: Hold): Promise<void> =>
      new Promise((resolve) =>
        runLater(() => {
          forget();
          work(hold);
          resolve();
        }),
      );
    return new NotLoaded(load);
  };
  const load = (from: Bytes, to: Bytes, reverse: boolean): NotLoaded =>
    missed((hold) => {
      const max = Math.min(PAGE_ENTRIES * 2 ** hold.loads, PAGE_ENTRIES_MAX);
      const page = pageOf(below, { from, to, reverse, max });
      holdOn(hold, page.from, page.to, page.bytes);
    });
  const get = (key: Bytes): Buffer | undefined => {
    if (points.has(key)) return below.get(key);
    for (const { from, to } of known) if (from <= key && key < to) return below.get(key);
    throw missed((hold) => holdPoint(hold, key));
  };
  /** How far all keys from a place on are known. */
  const knownUntil = (place: Bytes): Bytes => {
    let until = place;
    for (let isFurther = true; isFurther; ) {
      isFurther = false;
      for (const { from, to } of known) {
        if (from <= until && until < to) {
          until = to;
          isFurther = true;
        }
      }
    }
    return until;
  };
  /** How far all keys before a place are known, downwards. */
  const knownSince = (place: Bytes): Bytes => {
    let since = place;
    for (let isFurther = true; isFurther; ) {
      isFurther = false;
      for (const { from, to } of known) {
        if (from < since && since <= to) {
          since = from;
          isFurther = true;
        }
      }
    }
    return since;
  };
  function* upwards(from: Bytes, to: Bytes): Generator<Entry> {
    let place = from;
    while (place < to) {
      const until = knownUntil(place);
      if (until === place) throw load(place, to, false);
      for (const entry of below.range(place, until < to ? until : to)) yield entry;
      place = until;
    }
  }
  function* downwards(from: Bytes, to: Bytes): Generator<Entry> {
    let place = to;
    while (place > from) {
      const since = knownSince(place);
      if (since === place) throw load(from, place, true);
      for (const entry of below.range(since > from ? since : from, place, { reverse: true })) yield entry;
      place = since;
    }
  }
  const own = {
    mayMiss: true,
    get,
    range: (from: Bytes, to: Bytes, options: RangeOptions = {}): Iterable<Entry> =>
      from >= to ? [] : options.reverse === true ? downwards(from, to) : upwards(from, to),
    commit: (writes: readonly Write[], redo?: readonly Buffer[], atMs?: number, undo?: () => void): void => {
      below.commit(writes, redo, atMs, undo);
      for (const [key] of writes) if (!points.has(key)) points.set(key, 0);
      forget();
    },
    get missCount() {
      return missCount;
    },
  };
  return new Proxy(below, {
    get: (target, name) => {
      if (name in own) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as OrderedStore & { readonly missCount: number };
}

/** The first entries of a range, or the last: which keys they let know of, and how many bytes. */
function pageOf(
  below: OrderedStore,
  { from, to, reverse, max }: { from: Bytes; to: Bytes; reverse: boolean; max: number },
) {
  let bytes = 0;
  let count = 0;
  for (const [key, value] of below.range(from, to, { reverse })) {
    bytes += value.length;
    count += 1;
    if (count < max) continue;
    return reverse ? { from: key, to, bytes } : { from, to: behind(key), bytes };
  }
  return { from, to, bytes };
}
