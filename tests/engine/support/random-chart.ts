/**
 * Random charts within what the engine and xstate both understand, as data; `chart-dialects.ts` writes the same chart
 * out for either. Each state logs its entry and exit, each transition its number, so whole traces can be compared.
 * Every loop runs out: what comes by itself counts, and is guarded by the count.
 */

/** A state of a chart. */
export type ChartState = {
  readonly id: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final" | "shallow" | "deep";
  readonly parent: ChartState | undefined;
  readonly children: ChartState[];
  /** The child a compound state starts with, which may be its history; the default of a history, if it has one. */
  initial: string | undefined;
  /** Logs when a compound state starts by default. */
  logsInitial: boolean;
  readonly entry: ChartAction[];
  readonly exit: ChartAction[];
  /** Final states and the root: whether there is an output. */
  hasOutput: boolean;
  readonly tags: readonly string[];
  readonly transitions: ChartTransition[];
};

/** A transition of a chart. `on` is a descriptor, `always`, `onDone` or a delay in milliseconds. */
export type ChartTransition = {
  readonly on: string | number;
  readonly targets: readonly string[];
  readonly reenter: boolean;
  readonly guard: ChartGuard | undefined;
  readonly actions: readonly ChartAction[];
};

export type ChartGuard =
  /** `context.n` is below it. */
  | { readonly kind: "below"; readonly limit: number }
  /** The event came with a `v` below it. */
  | { readonly kind: "data"; readonly limit: number }
  | { readonly kind: "in"; readonly id: string }
  | { readonly kind: "not"; readonly guard: ChartGuard }
  | { readonly kind: "and" | "or"; readonly guards: readonly ChartGuard[] };

export type ChartAction =
  | { readonly kind: "log"; readonly text: string }
  | { readonly kind: "count" }
  /** Keeps `event.output` in the context, -1 if there is none. */
  | { readonly kind: "keep" }
  | { readonly kind: "raise"; readonly event: string }
  | { readonly kind: "later"; readonly event: string; readonly delayMs: number; readonly id: string }
  | { readonly kind: "cancel"; readonly id: string }
  /** The first whose guard holds. */
  | {
      readonly kind: "choose";
      readonly guard: ChartGuard;
      readonly yes: ChartAction[];
      readonly no: ChartAction[];
    };

/** Events a chart reacts to. */
export const EVENTS: readonly string[] = ["A", "B", "C", "D.x"];
const DESCRIPTORS: readonly string[] = ["A", "A", "B", "C", "D.x", "D.*", "*"];
const DELAYS_MS: readonly number[] = [10, 10, 20, 35];
const IDS: readonly string[] = ["i1", "i2"];

/** Draws numbers from a list; zero when it has run out, so that shorter lists give smaller charts. */
type Draw = (below: number) => number;

function pick<T>(draw: Draw, list: readonly T[]): T {
  const item = list[draw(list.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** Builds a chart from a list of random numbers. */
export function chartFrom(numbers: readonly number[]): ChartState {
  let next = 0;
  const draw: Draw = (below) => (numbers[next++] ?? 0) % below;
  const root = treeFrom(draw);
  const all = descendants(root);
  let count = 0;
  let automatic: ChartState | undefined;
  const hasParallel = all.some((state) => state.kind === "parallel");
  for (const state of all) {
    if (isHistory(state)) continue;
    addActions(state, draw);
    if (state.kind === "final") continue;
    const size = 1 + draw(3);
    for (let index = 0; index < size; index++) {
      const transition = transitionFrom(state, all, draw, `t${count++}`);
      // Several states with automatic transitions are taken in document order here and in SCXML, but in the order
      // of their last entry in xstate 5.33.3: beside parallel states a chart gets one such state.
      const isOrdered = transition.on !== "always" || !hasParallel || (automatic ?? state) === state;
      if (transition.on === "always") automatic ??= state;
      if (isOrdered) state.transitions.push(transition);
    }
  }
  return root;
}

function treeFrom(draw: Draw): ChartState {
  let count = 0;
  const build = (parent: ChartState | undefined, depth: number): ChartState => {
    const isLeaf = depth >= 4 || count > 14 || (depth > 0 && draw(3) === 0);
    // xstate takes a final child of a parallel state for active before it is entered.
    const leaf = parent?.kind === "compound" && draw(6) === 1 ? "final" : "atomic";
    const kind = isLeaf ? leaf : draw(depth > 0 ? 3 : 6) === 1 ? "parallel" : "compound";
    const state = newState(`s${count++}`, kind, parent, draw);
    if (isLeaf) return state;
    const size = 1 + draw(3);
    for (let index = 0; index < size; index++) state.children.push(build(state, depth + 1));
    const first = pick(draw, state.children);
    state.initial = kind === "compound" ? first.id : undefined;
    // A history of the root is never recorded: the root is not left.
    if (depth > 0 && draw(3) === 1) addHistory(state, `s${count++}`, draw);
    return state;
  };
  return build(undefined, 0);
}

function addHistory(parent: ChartState, id: string, draw: Draw): void {
  const history = newState(id, draw(2) === 0 ? "deep" : "shallow", parent, draw);
  const target = pick(draw, parent.children).id;
  history.initial = parent.kind === "parallel" || draw(3) === 1 ? undefined : target;
  parent.children.push(history);
  if (parent.kind === "compound" && history.initial !== undefined && draw(3) === 1) parent.initial = id;
}

function newState(
  id: string,
  kind: ChartState["kind"],
  parent: ChartState | undefined,
  draw: Draw,
): ChartState {
  return {
    id,
    kind,
    parent,
    children: [],
    initial: undefined,
    logsInitial: false,
    entry: [{ kind: "log", text: `+${id}` }],
    exit: [{ kind: "log", text: `-${id}` }],
    hasOutput: false,
    tags: draw(4) === 1 ? [pick(draw, ["x", "y"])] : [],
    transitions: [],
  };
}

function addActions(state: ChartState, draw: Draw): void {
  const { parent, kind } = state;
  // xstate enters the siblings of a target's region, and what a history stands for, without the actions of their
  // `initial` (`rules.test.ts` pins ours, which is SCXML's).
  const isByDefault = ancestors(state).every(
    (one) => one.parent?.kind !== "parallel" && !one.parent?.children.some(isHistory),
  );
  state.logsInitial = kind === "compound" && isByDefault && draw(3) === 1;
  state.hasOutput = kind === "final" && draw(2) === 1;
  if (parent === undefined) state.hasOutput = draw(4) === 1;
  if (draw(4) === 1) state.entry.push(...bounded(draw));
  if (draw(4) === 1) state.exit.push(...bounded(draw));
}

/** Actions for wherever they stand: what they set off ends. */
function bounded(draw: Draw): ChartAction[] {
  const action: ChartAction =
    draw(2) === 0
      ? { kind: "raise", event: pick(draw, EVENTS) }
      : {
          kind: "later",
          event: pick(draw, EVENTS),
          delayMs: pick(draw, [0, ...DELAYS_MS]),
          id: pick(draw, IDS),
        };
  const guard: ChartGuard = { kind: "below", limit: 1 + draw(8) };
  return [
    {
      kind: "choose",
      guard,
      yes: [{ kind: "count" }, action],
      no: [{ kind: "cancel", id: pick(draw, IDS) }],
    },
  ];
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
        : choice === 3
          ? pick(draw, DELAYS_MS)
          : pick(draw, DESCRIPTORS);
  const raises = draw(5) === 1 ? [{ kind: "raise" as const, event: pick(draw, EVENTS) }] : [];
  // Every loop of steps that come by themselves runs out of its guard.
  const mustEnd =
    typeof on === "number" || on === "always" || on === "onDone" || on === "*" || raises.length > 0;
  const isCounted = mustEnd || draw(3) === 1;
  const count: ChartGuard | undefined = isCounted ? { kind: "below", limit: 1 + draw(12) } : undefined;
  const other = draw(4) === 1 ? guardFrom(draw, all, on === "always") : undefined;
  return {
    on,
    targets: targetsFrom(source, all, draw),
    reenter: draw(3) === 1,
    guard:
      count === undefined ? other : other === undefined ? count : { kind: "and", guards: [count, other] },
    actions: [
      { kind: "log", text: name },
      ...(on === "onDone" ? [{ kind: "keep" as const }] : []),
      ...(isCounted ? [{ kind: "count" as const }] : []),
      ...raises,
      ...(draw(5) === 1 ? bounded(draw) : []),
    ],
  };
}

function guardFrom(draw: Draw, all: readonly ChartState[], isAutomatic: boolean): ChartGuard {
  const states = all.filter((one) => !isHistory(one));
  const within: ChartGuard = { kind: "in", id: pick(draw, states).id };
  const outside: ChartGuard = { kind: "not", guard: within };
  // xstate asks automatic transitions after an event that nothing takes; here such an event changes nothing.
  if (isAutomatic) return draw(2) === 0 ? within : outside;
  const data: ChartGuard = { kind: "data", limit: draw(4) };
  return pick<ChartGuard>(draw, [
    within,
    outside,
    { kind: "or", guards: [within, data] },
    { kind: "and", guards: [outside, data] },
    data,
  ]);
}

function targetsFrom(source: ChartState, all: readonly ChartState[], draw: Draw): readonly string[] {
  if (draw(5) === 1) return [];
  const target = pick(draw, all);
  if (target.parent === undefined || !isComparable(source, target)) return [];
  if (target.kind !== "parallel" || draw(2) === 0) return [target.id];
  const regions = target.children.filter((one) => !isHistory(one));
  const targets = regions.map((region) => pick(draw, descendants(region)));
  return targets.filter((one) => isComparable(source, one)).map(({ id }) => id);
}

/**
 * xstate 5.33.3 computes targets and domain of a transition to a history state again after it has left states and
 * recorded their history; SCXML and this engine settle them before. Such transitions agree only where the parent of
 * the history state cannot be active together with the source.
 */
function isComparable(source: ChartState, target: ChartState): boolean {
  if (!isHistory(target)) return true;
  const above = ancestors(source);
  const parent = target.parent;
  if (parent === undefined || above.includes(parent) || ancestors(parent).includes(source)) return false;
  return ancestors(parent).find((state) => above.includes(state))?.kind === "compound";
}

function isHistory({ kind }: ChartState): boolean {
  return kind === "shallow" || kind === "deep";
}

function ancestors(state: ChartState): readonly ChartState[] {
  return [state, ...(state.parent === undefined ? [] : ancestors(state.parent))];
}
