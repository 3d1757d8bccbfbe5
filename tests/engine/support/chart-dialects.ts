/** Writes a random chart as a machine config: for the engine, where all is JSON, and for xstate, with functions. */
import { and, assign, cancel, enqueueActions, not, or, raise, stateIn } from "xstate";
import type { Json } from "../../../src/base/json.ts";
import type { ChartAction, ChartGuard, ChartState, ChartTransition } from "./random-chart.ts";

/** How an engine writes guards, actions and outputs. */
export type Dialect = {
  readonly guard: (guard: ChartGuard) => unknown;
  readonly action: (action: ChartAction) => unknown;
  readonly output: unknown;
};

/** The engine's own way. */
export const OURS: Dialect = { guard: ourGuard, action: ourAction, output: "context.n" };

function ourGuard(guard: ChartGuard): Json {
  switch (guard.kind) {
    case "below":
      return `context.n < ${guard.limit}`;
    case "data":
      return `event.v < ${guard.limit}`;
    case "in":
      return { in: `#${guard.id}` };
    case "not":
      return { not: ourGuard(guard.guard) };
    case "and":
    case "or":
      return { [guard.kind]: guard.guards.map(ourGuard) };
  }
}

function ourAction(action: ChartAction): Json {
  switch (action.kind) {
    case "log":
      return { log: `'${action.text}'` };
    case "count":
      return { assign: { n: "context.n + 1" } };
    case "keep":
      return { assign: { out: "has(event.output) ? event.output : -1" } };
    case "raise":
      return { raise: { event: action.event } };
    case "later":
      return { raise: { event: action.event, delay: action.delayMs, id: action.id } };
    case "cancel":
      return { cancel: action.id };
    case "choose":
      return {
        choose: [
          { guard: ourGuard(action.guard), actions: action.yes.map(ourAction) },
          { actions: action.no.map(ourAction) },
        ],
      };
  }
}

type Given = {
  readonly context: { readonly n: number };
  readonly event: { readonly type: string; readonly v?: number; readonly output?: number };
};

/** The way of xstate. Why casts to never: its types want to know the machine, which is random here. */
export const XSTATE: Dialect = {
  guard: theirGuard,
  action: theirAction,
  output: ({ context }: Given) => context.n,
};

function theirGuard(guard: ChartGuard): unknown {
  switch (guard.kind) {
    case "below":
      return ({ context }: Given) => context.n < guard.limit;
    case "data":
      return ({ event }: Given) => event.v !== undefined && event.v < guard.limit;
    case "in":
      return stateIn(`#${guard.id}`);
    case "not":
      return not(theirGuard(guard.guard) as never);
    case "and":
      return and(guard.guards.map(theirGuard) as never);
    case "or":
      return or(guard.guards.map(theirGuard) as never);
  }
}

function theirAction(action: ChartAction): unknown {
  switch (action.kind) {
    case "log":
      return { type: action.text };
    case "count":
      return assign((({ context }: Given) => ({ n: context.n + 1 })) as never);
    case "keep":
      return assign((({ event }: Given) => ({ out: event.output ?? -1 })) as never);
    case "raise":
      return raise({ type: action.event });
    case "later":
      // Here a second event of an id takes the place of the first; xstate would deliver both.
      return enqueueActions(({ enqueue }) => {
        enqueue.cancel(action.id);
        enqueue.raise({ type: action.event }, { delay: action.delayMs, id: action.id });
      });
    case "cancel":
      return cancel(action.id);
    case "choose":
      return enqueueActions(({ check, enqueue }) => {
        const isYes = check(theirGuard(action.guard) as never);
        for (const one of isYes ? action.yes : action.no) enqueue(theirAction(one) as never);
      });
  }
}

/** Writes a chart as a machine config. */
export function configOf(root: ChartState, dialect: Dialect): { readonly [key: string]: Json } {
  // Why a cast: the dialect of xstate puts functions into it, ours is JSON.
  return { ...writeState(root, dialect), context: { n: 0, out: 0 } } as { readonly [key: string]: Json };
}

function writeState(state: ChartState, dialect: Dialect): object {
  const { id, kind, initial, tags } = state;
  if (kind === "shallow" || kind === "deep") {
    return { id, type: "history", history: kind, ...(initial === undefined ? {} : { target: initial }) };
  }
  const start = state.logsInitial
    ? { target: initial, actions: [dialect.action({ kind: "log", text: `*${id}` })] }
    : initial;
  return {
    id,
    ...(kind === "atomic" || kind === "compound" ? {} : { type: kind }),
    ...(start === undefined ? {} : { initial: start }),
    entry: state.entry.map(dialect.action),
    exit: state.exit.map(dialect.action),
    ...(state.hasOutput ? { output: dialect.output } : {}),
    ...(tags.length === 0 ? {} : { tags }),
    ...(kind === "final" ? {} : writeTransitions(state.transitions, dialect)),
    ...(state.children.length === 0
      ? {}
      : {
          states: Object.fromEntries(state.children.map((child) => [child.id, writeState(child, dialect)])),
        }),
  };
}

function writeTransitions(transitions: readonly ChartTransition[], dialect: Dialect): object {
  const on: { [event: string]: object[] } = {};
  const after: { [delay: string]: object[] } = {};
  const special: { [key: string]: object[] } = {};
  for (const transition of transitions) {
    const key = String(transition.on);
    const place =
      typeof transition.on === "number" ? after : key === "always" || key === "onDone" ? special : on;
    place[key] = [...(place[key] ?? []), writeTransition(transition, dialect)];
  }
  return { on, after, ...special };
}

function writeTransition({ targets, reenter, guard, actions }: ChartTransition, dialect: Dialect): object {
  return {
    ...(targets.length === 0 ? {} : { target: targets.map((id) => `#${id}`) }),
    ...(guard === undefined ? {} : { guard: dialect.guard(guard) }),
    reenter,
    actions: actions.map(dialect.action),
  };
}
