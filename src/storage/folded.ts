/** A fold (derived.ts) of many things, some of which have to load what they read first: many at once, behind the others. */
import { Hold, type NotLoaded } from "./not-loaded.ts";
import type { Write } from "./ordered-store.ts";

/** So many things that miss are loaded together. */
const LOADED_AT_ONCE_MAX = 256;

interface Folding<T> {
  /** Makes a thing ready; what that has missed, if it cannot be done yet. */
  miss(thing: T): NotLoaded | undefined;
  /** Of one that is ready. */
  writes(thing: T): Iterable<Write | undefined>;
}

/** The writes of things; undefined among these is a pause. */
export function* foldedWithLoads<T>(
  things: Iterable<T | undefined>,
  folding: Folding<T>,
): Generator<Write | undefined | Promise<void>> {
  let missing: Array<readonly [T, NotLoaded]> = [];
  for (const thing of things) {
    yield undefined;
    if (thing === undefined) continue;
    const miss = folding.miss(thing);
    if (miss === undefined) yield* folding.writes(thing);
    else missing.push([thing, miss]);
    if (missing.length < LOADED_AT_ONCE_MAX) continue;
    yield* loaded(missing, folding);
    missing = [];
  }
  yield* loaded(missing, folding);
}

function* loaded<T>(
  things: ReadonlyArray<readonly [T, NotLoaded]>,
  { miss, writes }: Folding<T>,
): Generator<Write | undefined | Promise<void>> {
  const hold = new Hold();
  try {
    for (let missing = things; missing.length > 0; ) {
      yield Promise.all(missing.map(([, each]) => each.load(hold))).then(() => undefined);
      const left: Array<readonly [T, NotLoaded]> = [];
      for (const [thing] of missing) {
        yield undefined;
        const again = miss(thing);
        if (again === undefined) yield* writes(thing);
        else left.push([thing, again]);
      }
      missing = left;
    }
  } finally {
    hold.release();
  }
}
