/** A definition of what rows have done, and what another definition says of that. */
import type { Json, JsonObject } from "../../base/json.ts";
import { targetPaths } from "../../engine/explain.ts";
import { transitionMap, transitionsOf } from "../../engine/graph.ts";
import type { Machine, StateNode } from "../../engine/machine.ts";
import type { Move, Observed } from "./moves.ts";

export interface Wishes {
  readonly id: string;
  readonly initial: string;
  readonly ends: readonly string[];
  /** Fields of the context. */
  readonly context: readonly string[];
  readonly description: string;
  /** Those that the definition has. */
  readonly moves: readonly Move[];
}

/** The event of a move: that of the history, or the name of the state that it leads to. */
export function eventOf({ event, to }: { readonly event: string | undefined; readonly to: string }): string {
  return event ?? to;
}

/** A definition with the states that were seen and the moves that are wished for. */
export function draft(
  { states }: Observed,
  { id, initial, ends, context, description, moves }: Wishes,
): JsonObject {
  const others = [...states.keys()].filter((name) => name !== initial);
  return {
    id,
    description,
    initial,
    ...(context.length === 0 ? {} : { context: Object.fromEntries(context.map((field) => [field, null])) }),
    states: Object.fromEntries([initial, ...others].map((name) => [name, stateOf(name, moves, ends)])),
  };
}

function stateOf(name: string, moves: readonly Move[], ends: readonly string[]): JsonObject {
  const own = moves.filter(({ from }) => from === name);
  if (ends.includes(name)) return { type: "final" };
  const events = new Map<string, Move[]>();
  for (const move of own) events.set(eventOf(move), [...(events.get(eventOf(move)) ?? []), move]);
  if (events.size === 0) return {};
  return { on: Object.fromEntries([...events].map(([event, list]) => [event, reaction(list)])) };
}

/** An event that has led to several states has a guard for each, on the state that its data names. */
function reaction(moves: readonly Move[]): Json {
  const [only] = moves;
  if (only !== undefined && moves.length === 1) return only.to;
  return moves.map(({ to }) => ({ guard: `event.?to.orValue("") == ${JSON.stringify(to)}`, target: to }));
}

/** Events that lead from one state to several, which a person should give guards of their own. */
export function forks(moves: readonly Move[]): readonly string[] {
  const targets = new Map<string, Set<string>>();
  for (const move of moves) {
    const key = `'${eventOf(move)}' in '${move.from}'`;
    targets.set(key, (targets.get(key) ?? new Set()).add(move.to));
  }
  return [...targets].flatMap(([key, { size }]) => (size > 1 ? [key] : []));
}

/** States that a definition does not have. */
export function strangers({ states }: Observed, machine: Machine): readonly string[] {
  const known = new Set(machine.states.map(({ path }) => path));
  return [...states.keys()].filter((name) => !known.has(name));
}

/** Whether a definition has a move, by whatever event. */
export function allowedMoves(machine: Machine): (from: string, to: string) => boolean {
  const targets = new Map((transitionMap(machine) ?? []).map(([from, list]) => [from, new Set(list)]));
  return (from, to) => targets.get(from)?.has(to) === true;
}

/** The event that leads from a state to another, by the first transition that does; undefined where none does. */
export function eventBetween(machine: Machine, from: string, to: string): string | undefined {
  for (let state = find(machine, from); state !== undefined; state = machine.states[state.parent]) {
    const found = transitionsOf(state).find(
      (transition) => isPlain(transition.descriptor) && targetPaths(machine, transition).includes(to),
    );
    if (found !== undefined) return found.descriptor;
  }
  return undefined;
}

function find(machine: Machine, path: string): StateNode | undefined {
  return machine.states.find((state) => state.path === path);
}

/** One that a client can send as it stands. */
function isPlain(descriptor: string): boolean {
  return descriptor !== "" && !descriptor.includes("*") && !descriptor.startsWith("xstate.");
}
