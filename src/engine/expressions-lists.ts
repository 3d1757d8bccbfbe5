/** Functions on lists, maps and sets. */
import { charge, chargeEntries, chargeMap } from "./expressions-meter.ts";
import { BINARY } from "./expressions-operators.ts";
import { type Rule, rule } from "./expressions-rules.ts";
import { show } from "./expressions-show.ts";
import { sorted } from "./expressions-sort.ts";
import {
  compare,
  entriesOf,
  equals,
  Failure,
  isKey,
  isTime,
  keysOf,
  kindOf,
  type MapValue,
  mapOf,
  NONE,
  Optional,
  sizeOfMap,
} from "./expressions-values.ts";

/** The items, each once, where it is first. */
function distinct(list: readonly unknown[]): readonly unknown[] {
  const known = new Distinct();
  return list.filter((item) => known.add(item));
}

/** A set in the sense of `==`. Scalars are found at once, others are compared one by one, which is charged. */
class Distinct {
  readonly #scalars = new Set<unknown>();
  readonly #others: unknown[] = [];

  /** True when it was not in. */
  add(item: unknown): boolean {
    if (this.has(item)) return false;
    if (isComposite(item)) this.#others.push(item);
    else this.#scalars.add(item);
    return true;
  }

  has(item: unknown): boolean {
    charge(1);
    if (!isComposite(item) && this.#scalars.has(item)) return true;
    if (!isComposite(item) && typeof item !== "number") return false;
    // A number may equal a point in time.
    if (isTime(item) && this.#scalars.has(item.ms)) return true;
    return this.#others.some((other) => equals(item, other));
  }
}

function isComposite(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function slice(list: readonly unknown[], from: number, to: number): readonly unknown[] | Failure {
  if (from < 0 || to < from || to > list.length) {
    return new Failure(`slice(${from}, ${to}) is out of range of a list of size ${list.length}`);
  }
  return list.slice(from, to);
}

function flatten(list: readonly unknown[], depth = 1): readonly unknown[] | Failure {
  if (depth < 0) return new Failure(`flatten takes a depth that is not negative, this is ${depth}`);
  if (depth === 0) return list;
  const items: unknown[] = [];
  for (const item of list) {
    const inner = Array.isArray(item) ? flatten(item, Math.min(depth - 1, FLATTEN_DEPTH_MAX)) : [item];
    if (inner instanceof Failure) return inner;
    charge(1 + inner.length);
    for (const one of inner) items.push(one);
  }
  return items;
}

const FLATTEN_DEPTH_MAX = 200;

function indexOf(list: readonly unknown[], value: unknown): number {
  charge(1 + list.length);
  return list.findIndex((item) => equals(item, value));
}

function lastIndexOf(list: readonly unknown[], value: unknown): number {
  charge(1 + list.length);
  return list.findLastIndex((item) => equals(item, value));
}

/** Numbers, or lengths of time. The sum of nothing is 0. */
function sum(list: readonly unknown[]): unknown {
  charge(1 + list.length);
  let total: unknown = 0;
  for (const [i, item] of list.entries()) {
    if (typeof item !== "number" && !(isTime(item) && item.kind === "duration")) {
      return new Failure(() => `sum takes numbers, item ${i} is ${kindOf(item)} ${show(item)}`);
    }
    total = i === 0 ? item : BINARY["+"]?.(total, item);
    if (total instanceof Failure) return total;
  }
  return total;
}

/** The least (-1) or greatest (1) item. */
function extreme(list: readonly unknown[], wanted: 1 | -1): unknown {
  const name = wanted === 1 ? "max" : "min";
  charge(1 + list.length);
  if (list.length === 0) return new Failure(`${name} of an empty list; ask size(list) > 0 first`);
  let [best] = list;
  for (const item of list) {
    const order = compare(item, best);
    if (order === undefined) {
      return new Failure(
        () => `${name} cannot compare ${kindOf(item)} ${show(item)} with ${kindOf(best)} ${show(best)}`,
      );
    }
    if (Math.sign(order) === wanted) best = item;
  }
  return best;
}

function range(from: number, to: number): readonly number[] | Failure {
  const size = Math.max(0, to - from);
  charge(1 + size);
  return Array.from({ length: size }, (_, i) => from + i);
}

function isSorted(list: readonly unknown[]): boolean | Failure {
  for (const [i, item] of list.entries()) {
    if (i === 0) continue;
    charge(1);
    const order = compare(list[i - 1], item);
    if (order === undefined)
      return new Failure(() => `${show(list[i - 1])} and ${show(item)} cannot be put in order`);
    if (order > 0) return false;
  }
  return true;
}

function contains(list: readonly unknown[], part: readonly unknown[]): boolean {
  const set = new Distinct();
  for (const item of list) set.add(item);
  return part.every((item) => set.has(item));
}

function countEntries(map: MapValue): number {
  const count = sizeOfMap(map);
  chargeEntries(count);
  return count;
}

/** Charges for what is read of a map after it was read: the size alone takes as long to find out. */
function charged(read: (map: MapValue) => readonly unknown[]): (map: MapValue) => readonly unknown[] {
  return (map) => {
    const values = read(map);
    chargeEntries(values.length);
    return values;
  };
}

/** The other map's values come on top. */
function merge(map: MapValue, other: MapValue): MapValue {
  chargeMap(sizeOfMap(map) + sizeOfMap(other));
  return mapOf([...entriesOf(map), ...entriesOf(other)]);
}

/** The map without a key or a list of keys. Keys of JSON are texts, which a number finds too. */
function without(map: MapValue, keys: readonly unknown[]): MapValue | Failure {
  chargeMap(sizeOfMap(map) + keys.length);
  const bad = keys.find((key) => !isKey(key));
  if (bad !== undefined) return new Failure(() => `without takes keys, this is ${kindOf(bad)} ${show(bad)}`);
  const names = new Set(map instanceof Map ? keys : keys.map(String));
  return mapOf(entriesOf(map).filter(([key]) => !names.has(key)));
}

function itemAt(list: readonly unknown[], at: number): Optional {
  const item = list.at(at);
  return item === undefined ? NONE : new Optional(item);
}

function sort(list: readonly unknown[]): unknown {
  return sorted(list.map((item) => ({ item, by: item })));
}

const LISTS: readonly Rule[] = [
  rule("size", ["list"], "number", (list) => list.length),
  rule(".size", ["list"], "number", (list) => list.length),
  rule(".slice", ["list", "int", "int"], "list", slice),
  rule(".slice", ["list", "int"], "list", (list, from) => slice(list, from, list.length)),
  rule(".first", ["list"], "optional", (list) => itemAt(list, 0)),
  rule(".last", ["list"], "optional", (list) => itemAt(list, -1)),
  rule(".sort", ["list"], "list", sort),
  rule(".isSorted", ["list"], "bool", isSorted),
  rule(".distinct", ["list"], "list", distinct),
  rule(".reverse", ["list"], "list", (list) => list.toReversed()),
  rule(".flatten", ["list"], "list", (list) => flatten(list)),
  rule(".flatten", ["list", "int"], "list", flatten),
  rule(".indexOf", ["list", "dyn"], "number", indexOf),
  rule(".lastIndexOf", ["list", "dyn"], "number", lastIndexOf),
  rule(".sum", ["list"], "dyn", sum),
  rule(".min", ["list"], "dyn", (list) => extreme(list, -1)),
  rule(".max", ["list"], "dyn", (list) => extreme(list, 1)),
  rule("lists.range", ["int"], "list", (size) => range(0, size)),
  rule("range", ["int"], "list", (size) => range(0, size)),
  rule("range", ["int", "int"], "list", range),
];

const MAPS: readonly Rule[] = [
  rule("size", ["map"], "number", countEntries),
  rule(".size", ["map"], "number", countEntries),
  rule(".keys", ["map"], "list", charged(keysOf)),
  rule(
    ".values",
    ["map"],
    "list",
    charged((map) => entriesOf(map).map(([, value]) => value)),
  ),
  rule(".merge", ["map", "map"], "map", merge),
  rule(".without", ["map", "list"], "map", without),
  rule(".without", ["map", "dyn"], "map", (map, key) => without(map, [key])),
];

const SETS: readonly Rule[] = [
  rule("sets.contains", ["list", "list"], "bool", contains),
  rule("sets.equivalent", ["list", "list"], "bool", (a, b) => contains(a, b) && contains(b, a)),
  rule("sets.intersects", ["list", "list"], "bool", (a, b) => {
    const set = new Distinct();
    for (const item of a) set.add(item);
    return b.some((item) => set.has(item));
  }),
];

export const LIST_RULES: readonly Rule[] = [...LISTS, ...MAPS, ...SETS];
