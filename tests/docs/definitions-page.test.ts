/** docs/definitions.md is complete: it names every key that the compiler knows, which says so itself of an unknown one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { check } from "../../src/engine/check.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/definitions.md"), "utf8");

/** A key that resembles none. */
const UNKNOWN = "0123456789";

const withState = (state: JsonObject): JsonObject => ({ states: { a: state } });
const withAction = (action: JsonObject): JsonObject =>
  withState({ on: { E: { actions: [action as Json] } } });

const PLACES: Readonly<Record<string, JsonObject>> = {
  "the top": { states: { a: {} }, [UNKNOWN]: 1 },
  "an atomic state": withState({ [UNKNOWN]: 1 }),
  "a compound state": withState({ states: { b: {} }, [UNKNOWN]: 1 }),
  "a parallel state": withState({ type: "parallel", states: { b: {} }, [UNKNOWN]: 1 }),
  "a final state": withState({ type: "final", [UNKNOWN]: 1 }),
  "a history state": withState({ states: { b: {}, h: { type: "history", [UNKNOWN]: 1 } } }),
  "a transition": withState({ on: { E: { [UNKNOWN]: 1 } } }),
  "a guard": withState({ on: { E: { guard: { [UNKNOWN]: 1 } } } }),
  invoke: withState({ invoke: { src: "x", [UNKNOWN]: 1 } }),
  "a join": withState({ join: [{ all: { a: "E" }, [UNKNOWN]: 1 }] }),
  "an invariant": { states: { a: {} }, invariants: [{ name: "n", expr: "true", [UNKNOWN]: 1 }] },
  "an action": withAction({ [UNKNOWN]: 1 }),
  raise: withAction({ raise: { event: "E", [UNKNOWN]: 1 } }),
  send: withAction({ send: { to: "key", event: "E", [UNKNOWN]: 1 } }),
  emit: withAction({ emit: { event: "E", [UNKNOWN]: 1 } }),
  spawn: withAction({ spawn: { src: "x", id: "i", [UNKNOWN]: 1 } }),
  task: withAction({ task: "t", [UNKNOWN]: 1 }),
  retry: withAction({ task: "t", timeout: "1s", retry: { [UNKNOWN]: 1 } }),
  forEach: withAction({ forEach: { items: "[1]", actions: [], [UNKNOWN]: 1 } }),
  "a branch of choose": withAction({ choose: [{ actions: [], [UNKNOWN]: 1 }] }),
  "the map form": { initial: "a", map: { a: [] }, [UNKNOWN]: 1 },
  "the list form": { states: ["a"], transitions: [], starting_state: "a", [UNKNOWN]: 1 },
  "a transition of the list form": {
    states: ["a"],
    transitions: [{ from: "a", to: "a", event: "E", [UNKNOWN]: 1 }],
    starting_state: "a",
  },
};

/** The keys that a finding about the unknown one lists. */
function keysAt(document: JsonObject): readonly string[] {
  const lists = check(document).flatMap(
    ({ message }) => /(?:known are|one of the keys) (.*)$/.exec(message)?.[1] ?? [],
  );
  return lists.join(", ").split(", ");
}

test.each(Object.entries(PLACES))("names every key of %s", (_place, document) => {
  const code = [...page.matchAll(/`[^`\n]*`|```[\s\S]*?```/g)].map(([span]) => span).join(" ");
  const keys = keysAt(document);
  expect(keys.length).toBeGreaterThan(1);
  expect(
    keys.filter((key) => !new RegExp(`(?<![\\w$])${key.replace("$", "\\$")}(?!\\w)`).test(code)),
  ).toEqual([]);
});
