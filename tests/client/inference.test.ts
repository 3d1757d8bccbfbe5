/** Types of a client that follow from a definition. The compiler is the test: tsc fails where one of them is another. */
import { expectTypeOf, test } from "vitest";
import {
  type ClientOf,
  type Connection,
  type ContextOf,
  createClient,
  type EventsOf,
  type PathOf,
  type StatesOf,
  type TasksOf,
  type ValueAt,
} from "../../src/client/client.ts";

const ORDER = {
  initial: "new",
  context: { total: 0, note: "", tags: [], receipt: null, address: { city: "", zip: { code: 1 } } },
  states: {
    new: { on: { PAY: { target: "paying", actions: [{ task: "charge", done: "PAID" }] }, "audit.*": {} } },
    paying: {
      initial: "card",
      states: {
        card: { on: { PAID: { target: "done" } }, entry: { choose: [{ actions: { task: "ask" } }] } },
        done: { type: "final" },
      },
      join: [
        { all: { a: "SIGNED", b: { any: { c: { event: "SEALED" }, d: { after: "2h" } } } }, target: "x" },
      ],
    },
  },
} as const;
type Order = typeof ORDER;

test("EventsOf names the events of all states, of joins and of prefixes", () => {
  expectTypeOf<keyof EventsOf<Order>>().toEqualTypeOf<
    "PAY" | "PAID" | "SIGNED" | "SEALED" | "audit" | `audit.${string}`
  >();
});

test("StatesOf names the paths of all states", () => {
  expectTypeOf<StatesOf<Order>>().toEqualTypeOf<"new" | "paying" | "paying.card" | "paying.done">();
});

test("ContextOf has the types of the initial values, and anything for null", () => {
  expectTypeOf<ContextOf<Order>>().toEqualTypeOf<{
    readonly total: number;
    readonly note: string;
    readonly tags: readonly unknown[];
    readonly receipt: unknown;
    readonly address: { readonly city: string; readonly zip: { readonly code: number } };
  }>();
});

test("PathOf names the paths into the data, and ValueAt what is there", () => {
  expectTypeOf<PathOf<ContextOf<Order>>>().toEqualTypeOf<
    "total" | "note" | "tags" | "receipt" | "address" | "address.city" | "address.zip" | "address.zip.code"
  >();
  expectTypeOf<ValueAt<ContextOf<Order>, "address.zip.code">>().toEqualTypeOf<number>();
  expectTypeOf<PathOf<unknown>>().toEqualTypeOf<string>();
});

test("TasksOf names the tasks wherever an action sets them", () => {
  expectTypeOf<keyof TasksOf<Order>>().toEqualTypeOf<"charge" | "ask">();
});

test("maps and lists of transitions have types too", () => {
  type Switch = {
    readonly initial: "off";
    readonly map: { readonly off: readonly ["on"]; readonly on: readonly [] };
  };
  expectTypeOf<StatesOf<Switch>>().toEqualTypeOf<"off" | "on">();
  expectTypeOf<keyof EventsOf<Switch>>().toEqualTypeOf<"on">();
  type List = {
    readonly states: readonly ["a", "b"];
    readonly starting_state: "a";
    readonly transitions: readonly [{ readonly from: "a"; readonly to: "b"; readonly event: "GO" }];
  };
  expectTypeOf<StatesOf<List>>().toEqualTypeOf<"a" | "b">();
  expectTypeOf<keyof EventsOf<List>>().toEqualTypeOf<"GO">();
});

test("a client of a definition takes its events, states and paths, and no others", () => {
  type Orders = ClientOf<Order>;
  type Named = Parameters<Orders["send"]>[1];
  expectTypeOf<"PAY">().toExtend<Named>();
  expectTypeOf<"SHIP">().not.toExtend<Named>();
  expectTypeOf<Awaited<ReturnType<Orders["state"]>>>().toEqualTypeOf<readonly StatesOf<Order>[]>();
  expectTypeOf<{ state: "gone" }>().not.toExtend<Parameters<Orders["wait"]>[1]>();
  const make = (connection: Connection) => createClient(connection, ORDER);
  expectTypeOf(make).returns.toExtend<Orders>();
});

test("a definition whose names are no literals allows any name", () => {
  type Imported = {
    states: Record<string, { on?: Record<string, string> }>;
    context: Record<string, number>;
  };
  expectTypeOf<Extract<keyof EventsOf<Imported>, string>>().toEqualTypeOf<string>();
  expectTypeOf<StatesOf<Imported>>().toEqualTypeOf<string>();
});
