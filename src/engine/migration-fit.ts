/**
 * Whether a machine that was carried over can go on: something leads on from where it is, and its guards can be read. Only
 * what the new definition has made worse counts.
 */
import type { Former, Misfit } from "./carry-states.ts";
import { type Expression, ExpressionFailure } from "./expressions.ts";
import { Run } from "./interpreter.ts";
import { type Guard, type Machine, type StateNode, stateOf, type Transition } from "./machine.ts";
import { quoted, stateNames } from "./refusal.ts";
import { hasNumber } from "./sorted.ts";
import type { Env, Snapshot } from "./types.ts";

/** Why the machine cannot go on there; undefined when it can. */
export function misfitOf(former: Former, to: Machine, snapshot: Snapshot, env: Env): Misfit | undefined {
  if (former.isStopped || snapshot.status === "done") return undefined;
  const names = quoted(stateNames(to, snapshot.configuration));
  if (!leadsOn(to, snapshot) && hadWayOn(former))
    return { kind: "misfit", cause: "stuck", message: `nothing leads on from ${names}` };
  const unreadable = unreadableGuard(former, to, snapshot, env);
  if (unreadable === undefined) return undefined;
  return {
    kind: "misfit",
    cause: "context",
    message: `a guard in ${names} cannot be read: ${unreadable}`,
  };
}

function hadWayOn({ machine, snapshot, hasTargets }: Former): boolean {
  return machine === undefined ? hasTargets : leadsOn(machine, snapshot);
}

/** Whether a transition that changes states may be taken some time. */
function leadsOn(machine: Machine, snapshot: Snapshot): boolean {
  return waysOf(machine, snapshot.configuration).some(({ transitions }) =>
    transitions.some(
      ({ targets, descriptor }) => targets !== undefined && mayCome(machine, snapshot, descriptor),
    ),
  );
}

/** Times come once: one that is not pending any more leads nowhere. */
function mayCome(machine: Machine, { timers, configuration }: Snapshot, descriptor: string): boolean {
  if (descriptor.startsWith("xstate.after.")) return timers.some(({ event }) => event === descriptor);
  // That a state is done was reported when its final state was entered.
  const done = configuration.find((index) => stateOf(machine, index).doneEvent === descriptor);
  if (done === undefined) return true;
  const { children, kind } = stateOf(machine, done);
  if (kind !== "compound") return true;
  return !children.some(
    (child) => hasNumber(configuration, child) && stateOf(machine, child).kind === "final",
  );
}

/** The transitions of a state, and the expressions in their guards. */
type Ways = { readonly transitions: readonly Transition[]; readonly guards: readonly Expression[] };

/** Many machines of a definition move one after the other. */
const knownWays = new WeakMap<StateNode, Ways>();

function waysOf(machine: Machine, configuration: readonly number[]): readonly Ways[] {
  return configuration.map((index) => {
    const state = stateOf(machine, index);
    let known = knownWays.get(state);
    if (known === undefined) {
      known = waysFrom(state);
      knownWays.set(state, known);
    }
    return known;
  });
}

function waysFrom({ reactions, always, joins }: StateNode): Ways {
  const transitions = [
    ...[...reactions.exact.values()].flat(),
    ...reactions.prefixes.flatMap((prefix) => prefix.transitions),
    ...(reactions.any ?? []),
    ...always,
    ...joins.map(({ transition }) => transition),
  ];
  return { transitions, guards: transitions.flatMap(({ guard }) => expressionsIn(guard)) };
}

/** Why the context is none that the guards of the active states can read, those aside that could not be read before. */
function unreadableGuard(former: Former, to: Machine, snapshot: Snapshot, env: Env): string | undefined {
  const { machine } = former;
  const guards = waysOf(to, snapshot.configuration).flatMap((ways) => ways.guards);
  if (guards.length === 0) return undefined;
  const before = machine === undefined ? [] : waysOf(machine, former.snapshot.configuration);
  const known = new Set(before.flatMap((ways) => ways.guards.map(({ source }) => source)));
  const run = new Run(to, snapshot, { type: "", data: undefined, env });
  for (const expression of guards) {
    if (known.has(expression.source) || !isOfMachine(expression)) continue;
    const reason = failureOf(expression, run);
    if (reason !== undefined) return `${expression.source}: ${reason}`;
  }
  return undefined;
}

/** Whether a guard reads nothing that only an event brings. */
function isOfMachine({ reads }: Expression): boolean {
  return reads.every(({ keys: [variable = ""] }) => !["event", "data", "events"].includes(variable));
}

function expressionsIn(guard: Guard | undefined): readonly Expression[] {
  if (guard === undefined || guard.kind === "in") return [];
  if (guard.kind === "expression") return [guard.expression];
  return guard.kind === "not" ? expressionsIn(guard.guard) : guard.guards.flatMap(expressionsIn);
}

function failureOf(expression: Expression, run: Run): string | undefined {
  try {
    expression.evaluate(run);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionFailure) return error.message;
    throw error;
  }
}
