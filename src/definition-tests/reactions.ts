/** The guards and actions that an event may meet, for what they read of its data. */
import { covers } from "../engine/event-names.ts";
import type { Expression } from "../engine/expressions.ts";
import type { Action, Guard, Machine } from "../engine/machine.ts";

export interface Reaction {
  readonly guard: Guard | undefined;
  readonly does: readonly Action[];
}

/** Those of the transitions that may react to an event, of what they enter and leave, of automatic ones there, and of joins. */
export function reactionsTo(
  { transitions, joins, states }: Machine,
  event: string,
  configuration: readonly number[],
): readonly Reaction[] {
  const found: Reaction[] = [];
  const near = new Set(configuration);
  for (const { source, descriptor, targets, guard, actions } of transitions) {
    if (descriptor === "" || !covers(descriptor, event) || !near.has(source)) continue;
    found.push({ guard, does: [...actions, ...(targets === undefined ? [] : (states[source]?.exit ?? []))] });
    for (const target of targets ?? []) enter(states, target, near);
  }
  for (const index of near)
    if (!configuration.includes(index)) found.push({ guard: undefined, does: states[index]?.entry ?? [] });
  for (const { source, descriptor, guard, actions } of transitions)
    if (descriptor === "" && near.has(source)) found.push({ guard, does: actions });
  for (const { state, places } of joins)
    for (const place of places)
      if (place.kind === "event" && near.has(state) && covers(place.descriptor, event))
        found.push({ guard: place.guard, does: [] });
  return found;
}

/** A state with those that are entered with it by default. */
function enter(states: Machine["states"], index: number, entered: Set<number>): void {
  const state = states[index];
  if (state === undefined || entered.has(index)) return;
  entered.add(index);
  for (const child of state.kind === "parallel" ? state.children : state.initial)
    enter(states, child, entered);
}

/** All expressions inside a compiled part of a definition, in its order. */
export function expressionsIn(value: unknown): readonly Expression[] {
  const found: Expression[] = [];
  const walk = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    if ("evaluate" in part && "source" in part) found.push(part as Expression);
    else for (const inner of Object.values(part)) walk(inner);
  };
  walk(value);
  return found;
}
