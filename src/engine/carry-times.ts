/** The times of a machine under another definition: timers and slas keep their due times, new ones count from the entry of their state. */
import type { JsonObject } from "../base/json.ts";
import { wait } from "./actions.ts";
import type { Former, Places } from "./carry-states.ts";
import { Run } from "./interpreter.ts";
import { type Delay, type Machine, type StateNode, stateOf } from "./machine.ts";
import { at } from "./problems.ts";
import { BLANK_SNAPSHOT, type Env, type Sla, type Timer } from "./types.ts";

/** What is at work while a machine is carried over. */
export type Carrying = {
  readonly former: Former;
  readonly to: Machine;
  readonly places: Places;
  /** That of the machine under the new definition. */
  readonly context: JsonObject;
  readonly env: Env;
};

/** A time that a state waits for: its name within the state, and how long after the entry it comes. */
type Wait = { readonly key: string; readonly event: string; readonly delay: Delay; readonly path: string };

/** The times of a state: those under `after`, and those that its joins wait for. */
function waitsOf(state: StateNode): readonly Wait[] {
  const waits: Wait[] = state.after.map(({ event, delay, path }) => ({
    key: event.slice(0, -state.id.length),
    event,
    delay,
    path,
  }));
  for (const place of state.joins.flatMap(({ places }) => places)) {
    if (place.kind !== "after") continue;
    const { name, source, event, delay, path } = place;
    waits.push({ key: `${name} ${source}`, event, delay, path });
  }
  return waits;
}

/**
 * The timers under the new definition. A time that the old state has too keeps what is pending of it, and does not come
 * again when it is over; another counts from the entry of the state. What was sent or raised with a delay stays.
 */
export function carryTimers(work: Carrying): {
  readonly timers: readonly Timer[];
  readonly timerSeq: number;
} {
  const { former, to, places } = work;
  const timers = former.snapshot.timers.filter(({ kind }) => kind !== "after");
  let { timerSeq } = former.snapshot;
  const claim = claims(former);
  for (const index of places.configuration) {
    for (const { key, event, delay, path } of waitsOf(stateOf(to, index))) {
      const claimed = claim(places.origins.get(index) ?? [], key);
      if (claimed === "over") continue;
      if (claimed !== undefined) timers.push({ ...claimed, event, state: index });
      else {
        const deadlineMs = dueAt(work, index, { delay, path });
        timers.push({ seq: timerSeq, deadlineMs, kind: "after", event, state: index });
        timerSeq += 1;
      }
    }
  }
  return { timers: timers.sort((a, b) => a.seq - b.seq), timerSeq };
}

/** Finds the pending timer of a time by its old states, each once; `over` for one that has come, undefined for a time they have not. */
function claims({ machine, snapshot }: Former) {
  const pending = new Map<string, Timer>();
  for (const timer of snapshot.timers)
    if (timer.kind === "after") pending.set(`${timer.state} ${timer.event}`, timer);
  const claimed = new Set<string>();
  return (origins: readonly number[], key: string): Timer | "over" | undefined => {
    // The timers of a machine that is done are gone, not over.
    if (machine === undefined || snapshot.status === "done") return undefined;
    for (const origin of origins) {
      const known = waitsOf(stateOf(machine, origin)).find((old) => old.key === key);
      if (known === undefined) continue;
      const name = `${origin} ${known.event}`;
      if (claimed.has(name)) return undefined;
      claimed.add(name);
      return pending.get(name) ?? "over";
    }
    return undefined;
  };
}

/** When a time is due that counts from the entry of a state. @throws ExecutionFailure when it is no length of time */
function dueAt(
  { to, places, context, env }: Carrying,
  index: number,
  { delay, path }: Pick<Wait, "delay" | "path">,
): number {
  const sinceMs = places.since.get(index) ?? env.now;
  const snapshot = { ...BLANK_SNAPSHOT, configuration: places.configuration, context };
  // As the entry would have found it: at the time of the entry.
  const given = { type: "", data: undefined, env: { ...env, now: sinceMs } };
  return sinceMs + wait(new Run(to, snapshot, given), delay, path);
}

/** The slas under the new definition: one of the same length stays as it is, another counts from the entry of the state. */
export function carrySlas(work: Carrying): readonly Sla[] {
  const { former, to, places, env } = work;
  const slas: Sla[] = [];
  for (const index of places.configuration) {
    const state = stateOf(to, index);
    if (state.sla === undefined) continue;
    const known = knownSla(former, places.origins.get(index) ?? [], state.sla);
    if (known !== undefined) slas.push({ ...known, state: index });
    else {
      const path = at(state.jsonPath, "sla");
      const deadlineMs = dueAt(work, index, { delay: state.sla, path });
      slas.push({ state: index, sinceMs: places.since.get(index) ?? env.now, deadlineMs });
    }
  }
  return slas.sort((a, b) => a.sinceMs - b.sinceMs);
}

function knownSla({ machine, snapshot }: Former, origins: readonly number[], sla: Delay): Sla | undefined {
  if (machine === undefined) return undefined;
  for (const origin of origins) {
    const found = snapshot.slas.find(({ state }) => state === origin);
    const old = stateOf(machine, origin).sla;
    if (found !== undefined && old !== undefined && isSameDelay(old, sla)) return found;
  }
  return undefined;
}

function isSameDelay(a: Delay, b: Delay): boolean {
  if (typeof a === "number" || typeof b === "number") return a === b;
  if ("until" in a || "until" in b) return "until" in a && "until" in b && a.until === b.until;
  return a.source === b.source;
}
