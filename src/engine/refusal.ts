/** Why an event was refused: which events are accepted, which guards were false, and on which values. */
import { textOfJson } from "../base/exact-json.ts";
import type { Json } from "../base/json.ts";
import { isInternal } from "./event-names.ts";
import { verdictOn } from "./guards.ts";
import type { Run } from "./interpreter.ts";
import { closedPlaces, emptyPlaces } from "./joins.ts";
import { type Machine, stateOf, type Transition } from "./machine.ts";
import { candidatesFor } from "./select.ts";
import type { GuardVerdict, Refused } from "./types.ts";

/** Characters of one value in a message; the whole value is in `GuardVerdict.reads`. */
const SHOWN_VALUE_MAX = 100;
/** Guards and events in one message. */
const SHOWN_MAX = 20;

/** The refusal of an event nothing takes: GUARD when a guard stood in the way, ILLEGAL when no state knows it. */
export function refusalOf(run: Run, event: string): Refused {
  const guards = candidates(run, event).flatMap((transition) =>
    transition.guard === undefined ? [] : [verdictOn(run, transition, transition.guard)],
  );
  if (run.machine.joins.length > 0) guards.push(...closedPlaces(run, event));
  const accepted = acceptedEvents(run.machine, run);
  if (guards.length === 0) {
    return {
      kind: "refused",
      code: "ILLEGAL",
      message: notAccepted(event, stateNames(run.machine, run.configuration), accepted),
      accepted,
      guards,
    };
  }
  const reasons = guards.slice(0, SHOWN_MAX).map(guardReason).join("; ");
  const [first] = guards;
  return {
    kind: "refused",
    code: "GUARD",
    message: `event '${event}' in '${first?.state}': ${reasons}`,
    accepted,
    guards,
  };
}

/** Why states refuse an event that none of them knows. */
export function notAccepted(event: string, states: readonly string[], accepted: readonly string[]): string {
  return `event '${event}' is not accepted in ${quoted(states)}; ${list(accepted)}`;
}

/** Why a machine that is done, in these states, refuses an event. */
export function tooLate(event: string, states: readonly string[], status = "done"): string {
  const end = status === "done" ? "is done" : "was stopped";
  return `event '${event}' comes too late: the machine ${end}, in ${quoted(states)}`;
}

/** Names as a message has them: `'a', 'b'`. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

function list(accepted: readonly string[]): string {
  if (accepted.length === 0) return "accepted: none";
  const more = accepted.length > SHOWN_MAX ? `, … (${accepted.length})` : "";
  return `accepted: ${accepted.slice(0, SHOWN_MAX).join(", ")}${more}`;
}

/** `guard is false (a = 1, b = 2)`. */
export function guardReason(verdict: GuardVerdict): string {
  const { otherwise } = verdict;
  return otherwise === undefined ? plainReason(verdict) : `${otherwise}: ${plainReason(verdict)}`;
}

function plainReason({ guard, reason, reads }: GuardVerdict): string {
  const values = reads.map(({ path, value }) =>
    value === undefined ? `${path} is missing` : `${path} = ${shown(value)}`,
  );
  if (guard === "false" && reason === undefined) return "the guard is the word false, which never holds";
  const because = reason === undefined ? "is false" : `is false, it cannot be evaluated: ${reason}`;
  return `${guard} ${because}${values.length === 0 ? "" : ` (${values.join(", ")})`}`;
}

/** A value as a message shows it: its beginning, where it is long. */
export function shown(value: Json): string {
  const text = textOfJson(value);
  return text.length > SHOWN_VALUE_MAX ? `${text.slice(0, SHOWN_VALUE_MAX)}…` : text;
}

/** The transitions that react to an event in the current configuration, innermost state first, guards aside. */
export function candidates(run: Run, event: string): readonly Transition[] {
  return innermostFirst(run.machine, run.configuration).flatMap((index) =>
    candidatesFor(stateOf(run.machine, index).reactions, event).filter(({ isPublic }) => isPublic),
  );
}

/** Active states: each atomic one in document order, followed by those of its ancestors not named before. */
export function innermostFirst(machine: Machine, configuration: readonly number[]): readonly number[] {
  const order = new Set<number>();
  for (const leaf of configuration) {
    if (stateOf(machine, leaf).children.length > 0) continue;
    for (let index = leaf; index !== -1; index = stateOf(machine, index).parent) order.add(index);
  }
  return [...order];
}

/** Descriptors of all events that active states react to, innermost state first, then those that joins wait for, each once. */
export function acceptedEvents(
  machine: Machine,
  { configuration, kept }: Pick<Run, "configuration" | "kept">,
): readonly string[] {
  const events = new Set<string>();
  for (const index of innermostFirst(machine, configuration)) {
    for (const transition of publicTransitions(machine, index)) events.add(transition.descriptor);
  }
  for (const { place } of emptyPlaces(machine, { configuration, kept })) {
    if (place.kind === "event" && !isInternal(place.descriptor)) events.add(place.descriptor);
  }
  return [...events];
}

/** The transitions of one state that clients can cause, in document order. */
export function publicTransitions(machine: Machine, index: number): readonly Transition[] {
  const { exact, prefixes, any } = stateOf(machine, index).reactions;
  const wild = prefixes.flatMap(({ transitions }) => transitions);
  return [...[...exact.values()].flat(), ...wild, ...(any ?? [])].filter(({ isPublic }) => isPublic);
}

/** Paths of the active states that have none below them, in document order. */
export function stateNames(machine: Machine, configuration: readonly number[]): readonly string[] {
  const last = stateOf(machine, configuration[configuration.length - 1] ?? 0);
  // As most machines are: in a state below the root. A list that grows item by item has room for sixteen more.
  if (configuration.length === 2 && last.children.length === 0) return [last.path];
  const names: string[] = [];
  for (const index of configuration) {
    const state = stateOf(machine, index);
    if (state.children.length === 0) names.push(state.path);
  }
  return names;
}
