/** Warnings of what a definition says that can hardly be meant: events nobody takes, ids nobody has, fields nobody sets. */
import { transitionsOf } from "./graph.ts";
import { readsOf, sourceOf } from "./guards.ts";
import { fits } from "./joins.ts";
import {
  type Action,
  type Guard,
  type Machine,
  type StateNode,
  stateOf,
  type Transition,
} from "./machine.ts";
import { at, nearest } from "./problems.ts";
import { candidatesFor, defers } from "./select.ts";
import type { Finding } from "./types.ts";

/** All of them, in document order as far as they have a place. */
export function hardlyMeant(machine: Machine): readonly Finding[] {
  const actions = machine.states.flatMap(actionsOf).flatMap(withInner);
  return [
    ...untakenEvents(machine, actions),
    ...idleCancels(actions),
    ...uselessOnDone(machine),
    ...unsetFields(machine, actions),
    ...hiddenByStar(machine),
  ];
}

function warning(path: string, message: string): Finding {
  return { severity: "warning", path, message };
}

/** The actions of a state and of its transitions. */
function actionsOf(state: StateNode): readonly Action[] {
  const own = transitionsOf(state).flatMap(({ actions }) => actions);
  return [...state.entry, ...state.exit, ...(state.hasOwnInitial ? state.initialActions : []), ...own];
}

/** An action and those inside it. */
function withInner(action: Action): readonly Action[] {
  if (action.kind === "forEach") return [action, ...action.actions.flatMap(withInner)];
  if (action.kind !== "choose") return [action];
  return [action, ...action.branches.flatMap(({ actions }) => actions).flatMap(withInner)];
}

/** Events that the machine sends itself, or has its tasks answered with, and that no state takes. */
function untakenEvents(machine: Machine, actions: readonly Action[]): readonly Finding[] {
  // A machine that ignores or keeps what it does not take may well raise it for its history.
  if (machine.unmatched !== "reject") return [];
  const known = new Map<string, boolean>();
  const isTaken = (event: string): boolean => {
    const answer = known.get(event) ?? takesSomewhere(machine, event);
    known.set(event, answer);
    return answer;
  };
  return actions.flatMap((action) => {
    const events: readonly (readonly [string, string | undefined])[] =
      action.kind === "raise"
        ? [["raise", action.event]]
        : action.kind === "task"
          ? [
              ["done", action.done],
              ["failed", action.failed],
            ]
          : [];
    return events.flatMap(([key, event]) =>
      event === undefined || event === "" || isTaken(event)
        ? []
        : [warning(at(action.path, key), `no state takes the event '${event}'${hintFor(machine, event)}`)],
    );
  });
}

function takesSomewhere({ states, reactors, generalReactors, joins }: Machine, event: string): boolean {
  if (reactors.has(event) || joins.some(({ places }) => places.some((place) => fits(place, event))))
    return true;
  return generalReactors.some((index) => {
    const state = states[index];
    return state !== undefined && (candidatesFor(state.reactions, event).length > 0 || defers(state, event));
  });
}

function hintFor({ reactors }: Machine, event: string): string {
  const hint = nearest(event, reactors.keys());
  return hint === undefined ? "" : `; did you mean '${hint}'?`;
}

/** `cancel` of an id that no `raise` or `send` has. */
function idleCancels(actions: readonly Action[]): readonly Finding[] {
  const ids = new Set<string>();
  for (const action of actions) {
    if (action.kind !== "raise" && action.kind !== "send") continue;
    if (typeof action.id === "object") return [];
    if (action.id !== undefined) ids.add(action.id);
  }
  return actions.flatMap((action) => {
    if (action.kind !== "cancel" || typeof action.id !== "string" || ids.has(action.id)) return [];
    const hint = nearest(action.id, ids);
    const advice = hint === undefined ? "" : `; did you mean '${hint}'?`;
    return [warning(at(action.path, "cancel"), `no raise or send has the id '${action.id}'${advice}`)];
  });
}

/** `onDone` of a state that is never done. */
function uselessOnDone(machine: Machine): readonly Finding[] {
  return machine.states.flatMap((state) => {
    const [first] = state.reactions.exact.get(state.doneEvent) ?? [];
    if (first === undefined || state.children.length === 0 || canEnd(machine, state)) return [];
    const why =
      state.kind === "parallel" ? "has a region without final state" : "has no final state right below it";
    return [warning(first.path, `this never comes: '${state.path || state.id}' ${why}`)];
  });
}

function canEnd(machine: Machine, state: StateNode): boolean {
  const children = state.children.map((child) => stateOf(machine, child));
  if (state.kind === "compound") return children.some(({ kind }) => kind === "final");
  return (
    state.kind === "final" || (state.kind === "parallel" && children.every((child) => canEnd(machine, child)))
  );
}

/** Guards on a field of the context that the definition does not have and no action sets. */
function unsetFields(machine: Machine, actions: readonly Action[]): readonly Finding[] {
  const fields = new Set(Object.keys(machine.context));
  for (const action of actions) {
    if (action.kind === "replace") return [];
    if (action.kind !== "assign") continue;
    for (const { keys } of action.assignments) {
      const [first] = keys;
      if (first === undefined || !("key" in first)) return [];
      fields.add(first.key);
    }
  }
  return guardsOf(machine, actions).flatMap(({ guard, path }) => {
    const source = sourceOf(guard);
    return readsOf(guard).flatMap(({ keys: [variable, field] }) => {
      if (variable !== "context" || field === undefined || fields.has(field) || asksFirst(source, field))
        return [];
      const hint = nearest(field, fields);
      const advice = hint === undefined ? "" : `; did you mean context.${hint}?`;
      return [
        warning(
          path,
          `nothing sets context.${field}: neither the definition's context nor an action${advice}`,
        ),
      ];
    });
  });
}

/** `has(context.x)` and `context.?x` are there for fields that may be missing. */
function asksFirst(source: string, field: string): boolean {
  return source.includes(`?${field}`) || source.includes(`has(context.${field}`);
}

function guardsOf(
  machine: Machine,
  actions: readonly Action[],
): readonly { readonly guard: Guard; readonly path: string }[] {
  const ofTransitions = machine.transitions.flatMap(({ guard, path }) =>
    guard === undefined ? [] : [{ guard, path: at(path, "guard") }],
  );
  const ofBranches = actions.flatMap((action) =>
    action.kind === "choose"
      ? action.branches.flatMap(({ guard }, index) =>
          guard === undefined ? [] : [{ guard, path: at(at(at(action.path, "choose"), index), "guard") }],
        )
      : [],
  );
  const ofPlaces = machine.joins
    .flatMap(({ places }) => places)
    .flatMap((place) =>
      place.kind === "after" || place.guard === undefined
        ? []
        : [{ guard: place.guard, path: at(place.path, place.kind === "if" ? "if" : "guard") }],
    );
  return [...ofTransitions, ...ofBranches, ...ofPlaces];
}

/** Events of outer states looked at for each `*`; more is not worth the time. */
const OUTER_EVENTS_MAX = 50;

/** `*` takes the timers and done events of outer states too: they never get them while the state with the `*` is active. */
function hiddenByStar(machine: Machine): readonly Finding[] {
  return machine.states.flatMap((state) => {
    const [star] = state.reactions.any ?? [];
    if (star === undefined) return [];
    const hidden: string[] = [];
    const ends = new Set([state.doneEvent]);
    for (let outer = state.parent; outer !== -1; outer = stateOf(machine, outer).parent) {
      const { reactions, doneEvent, path, id } = stateOf(machine, outer);
      // When an outer state is done, the state with the * has been left for a final one.
      ends.add(doneEvent);
      let looked = 0;
      for (const [event, transitions] of reactions.exact) {
        if (++looked > OUTER_EVENTS_MAX) break;
        if (!isOwn(transitions) || ends.has(event)) continue;
        hidden.push(`${shownEvent(event, id)} of '${path || id}'`);
      }
    }
    const [first] = hidden;
    if (first === undefined) return [];
    const more = hidden.length > 1 ? ` and ${hidden.length - 1} more` : "";
    return [warning(star.path, `* takes the events of outer states too: it hides ${first}${more}`)];
  });
}

function isOwn(transitions: readonly Transition[]): boolean {
  return transitions[0]?.isPublic === false;
}

function shownEvent(event: string, id: string): string {
  if (!event.startsWith("xstate.after.")) return event.replace(/^xstate\./, "");
  return `after ${event.slice("xstate.after.".length, -id.length - 1)}`;
}
