/**
 * Random charts within what both engines understand, as data: the same chart is written out for the engine and for
 * xstate. Each state logs its entry and exit, each transition its number, so whole traces can be compared.
 */
import type { Json } from "../../../src/base/json.ts";

export type ChartState = {
  readonly id: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final" | "shallow" | "deep";
  readonly parent: ChartState | undefined;
  readonly children: ChartState[];
  initial: string | undefined;
  readonly transitions: ChartTransition[];
};

export type ChartTransition = {
  readonly name: string;
  /** An event, `always`, or `onDone`. */
  readonly on: string;
  readonly targets: readonly string[];
  readonly reenter: boolean;
  /** Taken while `context.n` is below this. */
  readonly below: number | undefined;
  readonly counts: boolean;
  readonly raises: string | undefined;
};

export const EVENTS: readonly string[] = ["A", "B", "C", "D.x"];
const DESCRIPTORS: readonly string[] = ["A", "B", "C", "D.x", "D.*", "*"];

/** Draws numbers from a list; zero when it has run out, so that shorter lists give smaller charts. */
type Draw = (below: number) => number;

/** Builds a chart from a list of random numbers. */
export function chartFrom(numbers: readonly number[]): ChartState {
  let next = 0;
  const draw: Draw = (below) => (numbers[next++] ?? 0) % below;
  let count = 0;
  const build = (parent: ChartState | undefined, depth: number): ChartState => {
    const isLeaf = depth >= 4 || count > 14 || (depth > 0 && draw(3) === 0);
    const leaf = parent?.kind === "compound" && draw(6) === 1 ? "final" : "atomic";
    const kind = isLeaf ? leaf : depth > 0 && draw(3) === 1 ? "parallel" : "compound";
    const state: ChartState = {
      id: `s${count++}`,
      kind,
      parent,
      children: [],
      initial: undefined,
      transitions: [],
    };
    if (isLeaf) return state;
    const size = 1 + draw(3);
    for (let index = 0; index < size; index++) state.children.push(build(state, depth + 1));
    const first = state.children[draw(size)] ?? state.children[0];
    state.initial = kind === "compound" ? first?.id : undefined;
    if (depth > 0 && draw(3) === 1) state.children.push(historyOf(state, `s${count++}`, draw(2) === 0));
    return state;
  };
  const root = build(undefined, 0);
  const all = descendants(root);
  let transitions = 0;
  let automatic: ChartState | undefined;
  const hasParallel = all.some((state) => state.kind === "parallel");
  for (const state of all) {
    if (state.kind === "final" || state.kind === "shallow" || state.kind === "deep") continue;
    const size = 1 + draw(3);
    for (let index = 0; index < size; index++) {
      const transition = transitionFrom(state, all, draw, `t${transitions++}`);
      // Several states with automatic transitions are taken in document order here and in SCXML, but in the order
      // of their last entry in xstate 5.33.3: beside parallel states a chart gets one such state.
      const isOrdered = transition.on !== "always" || !hasParallel || (automatic ?? state) === state;
      if (transition.on === "always") automatic ??= state;
      if (isOrdered) state.transitions.push(transition);
    }
  }
  return root;
}

function historyOf(parent: ChartState, id: string, isDeep: boolean): ChartState {
  return {
    id,
    kind: isDeep ? "deep" : "shallow",
    parent,
    children: [],
    initial: parent.children[0]?.id,
    transitions: [],
  };
}

function descendants(state: ChartState): readonly ChartState[] {
  return [state, ...state.children.flatMap(descendants)];
}

function transitionFrom(
  source: ChartState,
  all: readonly ChartState[],
  draw: Draw,
  name: string,
): ChartTransition {
  const choice = draw(10);
  const on =
    choice === 1
      ? "always"
      : choice === 2 && source.kind !== "atomic"
        ? "onDone"
        : (DESCRIPTORS[draw(DESCRIPTORS.length)] ?? "A");
  const target = draw(5) === 1 ? undefined : all[draw(all.length)];
  const isTarget = target !== undefined && target.parent !== undefined && isComparable(source, target);
  const raises = draw(5) === 1 ? EVENTS[draw(EVENTS.length)] : undefined;
  // Every loop of automatic steps and raised events runs out of its guard.
  const mustEnd = on === "always" || on === "onDone" || raises !== undefined || on === "*";
  const isGuarded = mustEnd || draw(3) === 1;
  return {
    name,
    on,
    targets: isTarget ? [target.id] : [],
    reenter: draw(3) === 1,
    below: isGuarded ? 1 + draw(12) : undefined,
    counts: isGuarded,
    raises,
  };
}

/**
 * xstate 5.33.3 computes targets and domain of a transition to a history state again after it has left states and
 * recorded their history; SCXML and this engine settle them before. Such transitions agree only where the parent of
 * the history state cannot be active together with the source.
 */
function isComparable(source: ChartState, target: ChartState): boolean {
  if (target.kind !== "shallow" && target.kind !== "deep") return true;
  const above = ancestors(source);
  const parent = target.parent;
  if (parent === undefined || above.includes(parent) || ancestors(parent).includes(source)) return false;
  return ancestors(parent).find((state) => above.includes(state))?.kind === "compound";
}

function ancestors(state: ChartState): readonly ChartState[] {
  return [state, ...(state.parent === undefined ? [] : ancestors(state.parent))];
}

/** How each engine writes guards and actions. */
export type Dialect = {
  readonly log: (text: string) => unknown;
  readonly count: () => unknown;
  readonly raise: (event: string) => unknown;
  readonly below: (limit: number) => unknown;
};

/** The engine's own way. */
export const OURS: Dialect = {
  log: (text) => ({ log: `'${text}'` }),
  count: () => ({ assign: { n: "context.n + 1" } }),
  raise: (event) => ({ raise: { event } }),
  below: (limit) => `context.n < ${limit}`,
};

/** Writes a chart as a machine config. */
export function configOf(root: ChartState, dialect: Dialect): { readonly [key: string]: Json } {
  const write = (state: ChartState): object => {
    if (state.kind === "shallow" || state.kind === "deep") {
      return { id: state.id, type: "history", history: state.kind, target: state.initial };
    }
    const on: { [event: string]: object[] } = {};
    const special: { [key: string]: object[] } = {};
    for (const transition of state.transitions) {
      const place = transition.on === "always" || transition.on === "onDone" ? special : on;
      place[transition.on] = [...(place[transition.on] ?? []), writeTransition(transition, dialect)];
    }
    return {
      id: state.id,
      ...(state.kind === "atomic" || state.kind === "compound" ? {} : { type: state.kind }),
      ...(state.initial === undefined ? {} : { initial: state.initial }),
      entry: [dialect.log(`+${state.id}`)],
      exit: [dialect.log(`-${state.id}`)],
      ...(state.kind === "final" ? {} : { on, ...special }),
      ...(state.children.length === 0
        ? {}
        : { states: Object.fromEntries(state.children.map((child) => [child.id, write(child)])) }),
    };
  };
  // Why a cast: the dialect of xstate puts functions into it, ours is JSON.
  return { ...write(root), context: { n: 0 } } as { readonly [key: string]: Json };
}

function writeTransition(transition: ChartTransition, dialect: Dialect): object {
  const { name, targets, reenter, below, counts, raises } = transition;
  return {
    ...(targets.length === 0 ? {} : { target: targets.map((id) => `#${id}`) }),
    ...(below === undefined ? {} : { guard: dialect.below(below) }),
    reenter,
    actions: [
      dialect.log(name),
      ...(counts ? [dialect.count()] : []),
      ...(raises === undefined ? [] : [dialect.raise(raises)]),
    ],
  };
}
