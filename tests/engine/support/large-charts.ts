/** Definitions that grow with a number, one for each way in which a definition can be large. */
import type { Json, JsonObject } from "../../../src/base/json.ts";

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function object(count: number, value: (index: number) => Json, key = (index: number) => `s${index}`) {
  return Object.fromEntries(upTo(count).map((index) => [key(index), value(index)])) as JsonObject;
}

const parallel = (count: number, region: (index: number) => Json, more: JsonObject = {}): JsonObject => ({
  type: "parallel",
  ...more,
  states: object(count, region),
});

const TWO: Json = { initial: "a", states: { a: { on: { GO: "b" } }, b: { on: { GO: "a" } } } };

const event = (index: number): string => `E${index}`;

/** By name; each takes GO in the state it starts in, or nothing. */
export const LARGE_CHARTS: Readonly<Record<string, (count: number) => Json>> = {
  "events at the root": (n) => ({
    initial: "s0",
    on: object(n, (i) => `.s${i}`, event),
    states: object(n, () => ({})),
  }),
  "wildcards at the root": (n) => ({
    initial: "s0",
    on: object(
      n,
      (i) => `.s${i}`,
      (i) => `E${i}.*`,
    ),
    states: object(n, () => ({})),
  }),
  "a ring": (n) => ({
    initial: "s0",
    states: object(n, (i) => ({ on: { GO: `s${(i + 1) % n}` }, after: { "1h": `s${(i + 2) % n}` } })),
  }),
  regions: (n) => parallel(n, () => TWO),
  "regions with timers": (n) =>
    parallel(n, () => ({ initial: "a", states: { a: { after: { "1h": "b" }, on: { GO: "b" } }, b: {} } })),
  "regions that end": (n) => ({
    initial: "p",
    states: {
      p: parallel(n, () => ({ initial: "a", states: { a: { on: { GO: "b" } }, b: { type: "final" } } }), {
        onDone: "z",
      }),
      z: {},
    },
  }),
  "regions that go on by themselves": (n) =>
    parallel(n, () => ({
      initial: "a",
      states: { a: { on: { GO: "b" } }, b: { always: "c" }, c: { on: { GO: "a" } } },
    })),
  "regions with histories": (n) => ({
    initial: "p",
    states: {
      p: parallel(n, () => ({ initial: "a", states: { a: {}, b: {}, h: { history: "deep" } } }), {
        on: { GO: "q" },
      }),
      q: { on: { GO: "p" } },
    },
  }),
  "histories beside regions": (n) => ({
    initial: "p",
    states: {
      p: {
        type: "parallel",
        on: { GO: "q" },
        states: {
          ...object(n, () => ({ initial: "a", states: { a: {}, b: {} } })),
          ...object(
            n,
            () => ({ history: "deep" }),
            (i) => `h${i}`,
          ),
        },
      },
      q: { on: { GO: "p.h0" } },
    },
  }),
  "one transition to all regions": (n) => ({
    initial: "i",
    states: {
      i: { on: { GO: { target: upTo(n).map((i) => `p.s${i}.b`) } } },
      p: parallel(n, () => ({ initial: "a", states: { a: {}, b: {} } }), { on: { GO: "i" } }),
    },
  }),
  "regions that enter each other": (n) =>
    parallel(n, (i) => ({
      initial: "a",
      states: { a: { on: { GO: { target: `#b${(i + 1) % n}` } } }, b: { id: `b${i}` } },
    })),
  "regions that raise": (n) =>
    parallel(n, (i) => ({
      on: { GO: { actions: { raise: `X${i}` } }, [`X${i}`]: { actions: { assign: { [`v${i}`]: "1" } } } },
      initial: "a",
      states: { a: {} },
    })),
  "guards on one event": (n) => ({
    initial: "a",
    context: { n: -1 },
    states: { a: { on: { GO: upTo(n).map((i) => ({ guard: `context.n == ${i}`, target: "b" })) } }, b: {} },
  }),
  "final states": (n) => ({
    initial: "p",
    states: {
      p: {
        initial: "s0",
        onDone: "q",
        states: object(n, (i) => (i === 0 ? { on: { GO: `s${n - 1}` } } : { type: "final" })),
      },
      q: {},
    },
  }),
  "paths in one assign": (n) => ({
    initial: "a",
    states: {
      a: {
        on: {
          GO: {
            actions: {
              assign: object(
                n,
                () => "1",
                (i) => `v${i}`,
              ),
            },
          },
        },
      },
    },
  }),
  "assigns in one event": (n) => ({
    initial: "a",
    context: { m: {} },
    states: { a: { on: { GO: { actions: upTo(n).map((i) => ({ assign: { [`m.v${i}`]: "1" } })) } } } },
  }),
  "delayed events": (n) => ({
    initial: "a",
    states: {
      a: {
        on: {
          GO: { actions: upTo(n).map((i) => ({ raise: { event: "X", delay: "1h", id: `t${i}` } })) },
          STOP: { actions: upTo(n).map((i) => ({ cancel: `t${i}` })) },
        },
      },
    },
  }),
  "a map": (n) => ({ initial: "s0", map: object(n, (i) => [`s${(i + 1) % n}`, `s${(i + 2) % n}`]) }),
  "a list": (n) => ({
    states: upTo(n).map((i) => `s${i}`),
    starting_state: "s0",
    transitions: upTo(n).map((i) => ({ from: `s${i}`, to: `s${(i + 1) % n}`, event: "GO" })),
  }),
  "a list with unknown states": (n) => ({
    states: upTo(n).map((i) => `s${i}`),
    starting_state: "s0",
    transitions: upTo(n).map((i) => ({ from: `s${i}`, to: `zz${i}`, event: "GO" })),
  }),
  "unknown targets": (n) => ({ initial: "s0", states: object(n, (i) => ({ on: { GO: `zz${i}` } })) }),
  "unknown states in guards": (n) => ({
    initial: "s0",
    states: object(n, (i) => ({ on: { GO: { guard: { in: `zz${i}` }, target: "s0" } } })),
  }),
  "unreachable states": (n) => ({ initial: "s0", states: object(n, () => ({ on: { GO: "s0" } })) }),
  "guards on other regions": (n) =>
    parallel(n, (i) => ({
      initial: "a",
      states: { a: { on: { GO: { guard: { in: `s${(i + 1) % n}.a` }, target: "b" } } }, b: {} },
    })),
  "regions that count": (n) =>
    parallel(
      n,
      () => ({
        initial: "a",
        states: { a: { on: { GO: "b" } }, b: { entry: { assign: { c: "context.c + 1" } } } },
      }),
      { context: { c: 0 } },
    ),
  "states with ids": (n) => ({
    initial: "s0",
    states: object(n, (i) => ({ id: `i.${i}`, on: { GO: `#i.${(i + 1) % n}` } })),
  }),
};
