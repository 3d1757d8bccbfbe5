/** What is played through without a server comes to what the conformance cases and the server say. */
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { begin, type Rehearsed, type Situation, statusOf } from "../../src/definition-tests/rehearsal.ts";
import { act } from "../../src/definition-tests/run-case.ts";
import type { Action } from "../../src/definition-tests/test-file.ts";
import { activeStates } from "../../src/engine/step.ts";
import { machineOf } from "../engine/support/driver.ts";
import { CONFORMANCE_CASES, keysOf } from "../support/conformance-cases.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const START_MS = 1_700_000_000_000;

function started(definition: Json): { readonly rehearsed: Rehearsed; situation: Situation } {
  const rehearsed = { machine: machineOf(definition), key: "m" };
  const { situation, refusal } = begin(rehearsed, { nowMs: START_MS });
  expect(refusal).toBeUndefined();
  return { rehearsed, situation };
}

describe("rehearsal", () => {
  it.each(CONFORMANCE_CASES)("$name reaches the configurations of the case", (given) => {
    const playing = started(given.definition);
    const { rehearsed } = playing;
    const states = () => keysOf(activeStates(rehearsed.machine, playing.situation.snapshot));
    if (given.initialConfiguration !== null) expect(states()).toEqual([...given.initialConfiguration].sort());
    for (const { after, event, nextConfiguration } of given.events) {
      const actions: Action[] = [];
      if (after !== undefined) actions.push({ kind: "wait", ms: after, text: "" });
      if (event !== null) {
        const { type, ...data } = event;
        actions.push({ kind: "send", event: type, ...(Object.keys(data).length === 0 ? {} : { data }) });
      }
      for (const action of actions) playing.situation = act(rehearsed, playing.situation, action).situation;
      if (nextConfiguration !== null) expect(states()).toEqual([...nextConfiguration].sort());
    }
  });
});

const OWN_EVENTS = {
  initial: "a",
  context: { n: 0 },
  states: {
    a: {
      on: {
        RAISE: { actions: [{ raise: { event: "LATER", delay: 0 } }, { send: { to: "key", event: "SELF" } }] },
        BREAK: { actions: [{ raise: { event: "BAD", delay: 0 } }] },
        BAD: { actions: [{ assign: { n: "context.missing.deep" } }] },
        REFUSE: { actions: [{ fail: "'no'" }] },
        REST: { actions: [{ suspend: "'tea'" }, { raise: { event: "LATER", delay: 0 } }] },
        LATER: { actions: [{ assign: { n: "context.n + 1" } }] },
        SELF: { actions: [{ assign: { n: "context.n + 10" } }] },
        GO: "b",
      },
      defer: ["EARLY"],
      after: { "1s": { actions: [{ assign: { n: "context.nothing.deep" } }] } },
    },
    b: {
      on: { EARLY: "c", "error.execution": { actions: [{ assign: { n: "context.n + 100" } }] } },
      after: { "1s": { actions: [{ assign: { n: "context.nothing.deep" } }] } },
    },
    c: { type: "final" },
  },
} as const;

/** Events, and milliseconds to let pass. */
const STORIES: readonly (readonly (string | number)[])[] = [
  ["RAISE"],
  ["BREAK"],
  ["BREAK", "GO"],
  ["REFUSE", "NOBODY"],
  ["EARLY", "GO"],
  ["EARLY", "EARLY", "GO", "GO"],
  [1000],
  [1000, "GO"],
  ["GO", 1000],
  ["REST", "RAISE", 5000],
  ["GO", "EARLY", "RAISE"],
];

describe("rehearsal() agrees with the server", () => {
  it.each(STORIES)("%s", async (...story) => {
    const clock = new VirtualClock(START_MS);
    const server = await startTestServer({ clock });
    try {
      const client = await server.client();
      await client.call("SM.DEF", "CREATE", "d", JSON.stringify(OWN_EVENTS));
      await client.call("SM.CREATE", "m", "d");
      const playing = started(OWN_EVENTS);
      const { rehearsed } = playing;
      for (const item of story) {
        const action: Action =
          typeof item === "number" ? { kind: "wait", ms: item, text: "" } : { kind: "send", event: item };
        const { situation, refusal } = act(rehearsed, playing.situation, action);
        playing.situation = situation;
        if (typeof item === "number") {
          clock.advance(item);
          await client.call("PING");
          continue;
        }
        const reply = await client.call("SM.SEND", "m", item);
        const code = reply instanceof ReplyFailure ? reply.message.split(" ")[0] : undefined;
        expect(refusal?.code).toBe(code);
        if (refusal !== undefined && code !== "SUSPENDED")
          expect(`${refusal.code} ${refusal.message}`).toBe((reply as ReplyFailure).message);
      }
      const info = (await client.call("SM.INFO", "m")) as readonly unknown[];
      const field = (name: string) => info[info.findIndex((key) => String(key) === name) + 1];
      const { snapshot } = playing.situation;
      expect(activeStates(rehearsed.machine, snapshot)).toEqual((field("state") as unknown[]).map(String));
      expect(statusOf(playing.situation)).toBe(String(field("status")));
      expect(snapshot.context).toEqual(JSON.parse(String(field("context"))));
    } finally {
      await server.close();
    }
  });
});
