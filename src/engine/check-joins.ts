/** Warnings about joins: places that no event ever reaches, and events that are read and never there. */
import { covers } from "./event-names.ts";
import type { Template } from "./expressions.ts";
import { readsOf } from "./guards.ts";
import type { Action, Join, JoinGroup, Machine, Place, Transition } from "./machine.ts";
import { stateOf } from "./machine.ts";
import { nearest } from "./problems.ts";
import type { Finding } from "./types.ts";

/** All of them, in document order. */
export function checkJoins(machine: Machine): readonly Finding[] {
  return machine.joins.flatMap((join) => [...unreachedPlaces(machine, join), ...unknownEvents(join)]);
}

/** A transition for the event's name comes first: without a guard it leaves nothing for the place. */
function unreachedPlaces(machine: Machine, join: Join): readonly Finding[] {
  return join.places.flatMap((place) => {
    if (place.kind !== "event") return [];
    for (let index = join.state; index !== -1; index = stateOf(machine, index).parent) {
      const first = openFor(stateOf(machine, index).reactions, place.descriptor);
      if (first === undefined) continue;
      const message = `the place '${place.name}' stays empty: the transition at ${first.path} takes '${place.descriptor}' first`;
      return [warning(place.path, message)];
    }
    return [];
  });
}

function openFor(
  { exact, prefixes }: ReturnType<typeof stateOf>["reactions"],
  descriptor: string,
): Transition | undefined {
  const isOpen = ({ guard }: Transition) => guard === undefined;
  const byName = exact.get(descriptor)?.find(isOpen);
  if (byName !== undefined) return byName;
  const wild = prefixes.find(({ prefix }) => covers(`${prefix}.*`, descriptor.replace(/\.\*$/, "")));
  return wild?.transitions.find(isOpen);
}

/** `events.<name>` of a name that the join does not have. */
function unknownEvents(join: Join): readonly Finding[] {
  const names = new Set(namesOf(join.whole));
  const placeReads = join.places.flatMap((place: Place) =>
    place.kind === "after" || place.guard === undefined
      ? []
      : [{ path: place.path, reads: readsOf(place.guard) }],
  );
  const actionReads = join.transition.actions.flatMap(readsIn);
  return [...placeReads, ...actionReads].flatMap(({ path, reads }) =>
    reads.flatMap(({ keys: [variable, name] }) => {
      if (variable !== "events" || name === undefined || names.has(name)) return [];
      const hint = nearest(name, names);
      const advice = hint === undefined ? "" : `; did you mean events.${hint}?`;
      return [warning(path, `the join has no part '${name}'${advice}`)];
    }),
  );
}

function namesOf({ parts }: JoinGroup): readonly string[] {
  return parts.flatMap((part) => [part.name ?? "", ...("parts" in part ? namesOf(part) : [])]);
}

/** What the values of an action read. */
function readsIn(action: Action): readonly { path: string; reads: ReturnType<typeof readsOf> }[] {
  const expressions = templatesOf(action).flatMap((template) => template?.expressions ?? []);
  return expressions.map(({ reads }) => ({ path: action.path, reads }));
}

function templatesOf(action: Action): readonly (Template | undefined)[] {
  if (action.kind === "assign") return action.assignments.map(({ value }) => value);
  if ("data" in action) return [action.data];
  if ("value" in action) return [action.value];
  return "input" in action ? [action.input] : [];
}

function warning(path: string, message: string): Finding {
  return { severity: "warning", path, message };
}
