/**
 * The machines of the crash tests of delivery, and what is sent to them. A machine goes round in a circle by STEP; by
 * WORK and PAIR it emits an event and sets one task or two; DONE and FAILED answer these in any state, and the machine
 * notes each answer.
 */
import type { Argument } from "../support/client.ts";

export const DEFINITION_NAME = "order";
export const TASK = "work";

/**
 * What becomes of a task at first. Once it was put back (its id has a dot) every kind is done at once.
 * - `plain`: is done
 * - `poison`: the worker fails, until the attempts are used up
 * - `late`: the worker answers when the deadline has passed
 */
export const KINDS = ["plain", "poison", "late"] as const;
export type Kind = (typeof KINDS)[number];

const LATE_AFTER_MS = 300;

function task(kind: string): object {
  const common = { task: TASK, input: { kind }, done: "DONE", failed: "FAILED" };
  return {
    choose: [
      { guard: `${kind} == 'late'`, actions: [{ ...common, timeout: LATE_AFTER_MS }] },
      { actions: [{ ...common, attempts: 3, timeout: "5m" }] },
    ],
  };
}

const BEGUN = { emit: { event: "begun", data: { steps: "context.steps" } } };

export const DEFINITION = {
  initial: "a",
  context: { steps: 0, failedCount: 0, applied: [] },
  on: {
    WORK: { actions: [BEGUN, task("event.first")] },
    PAIR: { actions: [task("event.first"), BEGUN, task("event.second")] },
    DONE: { actions: [{ assign: { applied: "context.applied + [event.task]" } }] },
    FAILED: { actions: [{ assign: { failedCount: "context.failedCount + 1" } }] },
  },
  states: { a: step("b"), b: step("c"), c: step("a") },
};

function step(target: string): object {
  return { on: { STEP: { target, actions: [{ assign: { steps: "context.steps + 1" } }] } } };
}

export interface PlannedEvent {
  readonly key: string;
  readonly event: string;
  readonly id: string;
  readonly data: string | undefined;
  readonly taskCount: number;
  readonly emitCount: number;
}

/** The events of one machine: mostly steps, some tasks, and now and then one that is refused. */
export function planEvents(key: string, count: number, random: () => number): PlannedEvent[] {
  const kind = (): Kind => {
    const drawn = random();
    return drawn < 0.8 ? "plain" : drawn < 0.9 ? "poison" : "late";
  };
  return Array.from({ length: count }, (_, index): PlannedEvent => {
    const place = { key, id: `e${index}` };
    const drawn = index === 0 ? 0 : random();
    if (drawn < 0.6) return { ...place, event: "STEP", data: undefined, taskCount: 0, emitCount: 0 };
    if (drawn < 0.8) {
      const data = JSON.stringify({ first: kind() });
      return { ...place, event: "WORK", data, taskCount: 1, emitCount: 1 };
    }
    if (drawn < 0.92) {
      const data = JSON.stringify({ first: kind(), second: kind() });
      return { ...place, event: "PAIR", data, taskCount: 2, emitCount: 1 };
    }
    return { ...place, event: "NOPE", data: undefined, taskCount: 0, emitCount: 0 };
  });
}

/** The request that sends an event; `more` are further options. */
export function sendRequest({ key, event, id, data }: PlannedEvent, ...more: Argument[]): Argument[] {
  return ["SM.SEND", key, event, ...(data === undefined ? [] : [data]), "ID", id, ...more, "FULL"];
}
