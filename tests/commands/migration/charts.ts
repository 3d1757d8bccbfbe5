/**
 * Random definitions of one shape, and maps between them. A version has a state alone, `idle`, and a parallel one, `work`, with
 * two regions or three. A state may have states of its own, timers, a join and a child. Each is known by its number, which is
 * the same in all versions, whatever it is called.
 *
 * Each entry of a state notes the time under `at`, and each transition the number of its event in the list of its region, so
 * that what has happened to a machine can be read in its context.
 */
import fc from "fast-check";
import type { JsonObject } from "../../../src/base/json.ts";

export const EVENTS = ["X", "Y", "Z", "JA", "JB"] as const;
/** Numbers of the states of each region; the last one is not in all versions. */
const REGIONS: readonly (readonly number[])[] = [
  [1, 2, 3],
  [4, 5],
  [6, 7],
];
const IDLE = 0;
const WORK = 9;
/** Number of the first state inside another: 21 and 22 inside of 2. */
const INNER = 10;

const part = fc.record({
  /** Which of the two names it has. */
  letter: fc.constantFrom("p", "q"),
  on: fc.dictionary(fc.constantFrom("X", "Y", "Z"), fc.nat(2), { minKeys: 1, noNullPrototype: true }),
  after: fc.dictionary(fc.constantFrom("3", "5", "20"), fc.nat(2), { maxKeys: 2, noNullPrototype: true }),
  isCompound: fc.boolean(),
  hasJoin: fc.boolean(),
  hasChild: fc.boolean(),
});
type Part = typeof part extends fc.Arbitrary<infer Value> ? Value : never;

export const chart = fc.record({
  parts: fc.array(part, { minLength: 10, maxLength: 10 }),
  hasThird: fc.boolean(),
  /** Seconds until `work` is over; 0 for never. */
  limit: fc.constantFrom(0, 8, 30),
});
export type Chart = typeof chart extends fc.Arbitrary<infer Value> ? Value : never;

export const KID: JsonObject = {
  initial: "on",
  states: { on: { after: { "6s": "over" }, on: { END: "over" } }, over: { type: "final" } },
};

/** A state as the check needs it. */
export interface Known {
  readonly number: number;
  readonly seconds: readonly number[];
  readonly parent: number | undefined;
  readonly child: string | undefined;
}

function partOf(given: Chart, number: number): Part {
  const found = given.parts[number % INNER];
  if (found === undefined) throw new Error("a state there is not");
  return found;
}

const nameOf = (given: Chart, number: number) => `${partOf(given, number).letter}${number}`;
const regionsOf = ({ hasThird }: Chart) => (hasThird ? REGIONS : REGIONS.slice(0, 2));
const regionName = (index: number) => `r${index}`;
const innerOf = (number: number) => [number * INNER + 1, number * INNER + 2];

/** States by their paths. */
export function statesOf(given: Chart): ReadonlyMap<string, Known> {
  const states = new Map<string, Known>();
  const known = (number: number, parent: number | undefined): Known => {
    const { after, hasChild } = partOf(given, number);
    const isInner = number > INNER;
    return {
      number,
      seconds: isInner ? [4] : Object.keys(after).map(Number),
      parent,
      child: hasChild && !isInner && number !== IDLE ? `kid${number}` : undefined,
    };
  };
  states.set(nameOf(given, IDLE), known(IDLE, undefined));
  const limit = given.limit === 0 ? [] : [given.limit];
  states.set(nameOf(given, WORK), { number: WORK, seconds: limit, parent: undefined, child: undefined });
  for (const [index, numbers] of regionsOf(given).entries())
    for (const number of numbers) {
      const path = `${nameOf(given, WORK)}.${regionName(index)}.${nameOf(given, number)}`;
      states.set(path, known(number, WORK));
      if (!partOf(given, number).isCompound) continue;
      for (const inner of innerOf(number)) states.set(`${path}.i${inner}`, known(inner, number));
    }
  return states;
}

const enters = (number: number) => ({ assign: { [`at.s${number}`]: "now" } });
/** Notes the event in a list. */
const notes = (list: string) => ({ assign: { [`log.${list}`]: `context.log.${list} + [event.k]` } });

function documentOfState(given: Chart, number: number, numbers: readonly number[]): JsonObject {
  const { on, after, isCompound, hasJoin, hasChild } = partOf(given, number);
  const list = `r${numbers[0]}`;
  const to = (index: number) => nameOf(given, numbers[index % numbers.length] ?? number);
  const first = nameOf(given, numbers[0] ?? number);
  return {
    entry: [enters(number)],
    on: Object.fromEntries(
      Object.entries(on).map(([event, index]) => [
        event,
        { target: to(index), reenter: true, actions: [notes(list)] },
      ]),
    ),
    after: Object.fromEntries(
      Object.entries(after).map(([seconds, index]) => [`${seconds}s`, { target: to(index), reenter: true }]),
    ),
    ...(hasChild
      ? { invoke: [{ src: "kid:v1", id: `kid${number}`, onDone: { target: first, reenter: true } }] }
      : {}),
    ...(hasJoin ? { join: [joinOf(number, first)] } : {}),
    ...(isCompound ? insideOf(number) : {}),
  };
}

function joinOf(number: number, target: string): JsonObject {
  const list = `log.j${number}`;
  return {
    all: { a: "JA", b: "JB" },
    target,
    reenter: true,
    actions: [{ assign: { [list]: `context.${list} + [events.a.k, events.b.k]` } }],
  };
}

function insideOf(number: number): JsonObject {
  const [one = 0, two = 0] = innerOf(number);
  const inside = (own: number, other: number): JsonObject => ({
    entry: [enters(own)],
    after: { "4s": { target: `i${other}` } },
  });
  return { initial: `i${one}`, states: { [`i${one}`]: inside(one, two), [`i${two}`]: inside(two, one) } };
}

export function documentOf(given: Chart, version: number): JsonObject {
  const [idle, work] = [nameOf(given, IDLE), nameOf(given, WORK)];
  const lists = [
    ...REGIONS.map(([first]) => `r${first}`),
    "idle",
    ...REGIONS.flat().map((number) => `j${number}`),
  ];
  const regions = regionsOf(given).map((numbers, index) => [
    regionName(index),
    {
      initial: nameOf(given, numbers[0] ?? 0),
      states: Object.fromEntries(
        numbers.map((number) => [nameOf(given, number), documentOfState(given, number, numbers)]),
      ),
    },
  ]);
  return {
    initial: idle,
    context: { at: {}, log: Object.fromEntries(lists.map((list) => [list, []])), [`v${version}`]: version },
    states: {
      [idle]: {
        entry: [enters(IDLE)],
        on: { X: { target: work, actions: [notes("idle")] } },
        after: Object.fromEntries(
          Object.keys(partOf(given, IDLE).after).map((seconds) => [`${seconds}s`, work]),
        ),
      },
      [work]: {
        type: "parallel",
        entry: [enters(WORK)],
        ...(given.limit === 0 ? {} : { after: { [`${given.limit}s`]: idle } }),
        states: Object.fromEntries(regions),
      },
    },
  };
}

/** Where the states of a version are in the next one. */
export function mapBetween(from: Chart, to: Chart): JsonObject {
  const later = new Map([...statesOf(to)].map(([path, { number }]) => [number, path]));
  const states: Record<string, string | readonly string[]> = {};
  for (const [path, { number, parent }] of statesOf(from)) {
    // An inner state that is gone is its parent's.
    const target = later.get(number) ?? (parent === undefined ? undefined : later.get(parent));
    const isGone =
      from.hasThird &&
      !to.hasThird &&
      REGIONS[2]?.includes(number > INNER ? Math.floor(number / INNER) : number);
    if (isGone) states[path] = [];
    else if (target !== undefined && target !== path) states[path] = target;
  }
  return { states } as JsonObject;
}
