/**
 * What a new version of a definition means for machines of the old one: safe, in need of a map that says where they go, or
 * breaking for those who send events.
 */
import { sameData, textOfJson } from "../base/exact-json.ts";
import { sourceOf } from "../engine/guards.ts";
import { type Machine, type StateNode, stateOf, type Transition } from "../engine/machine.ts";
import { eventText } from "./coverage.ts";

/** In the order of their weight. */
export const VERDICTS = ["safe", "needs a map", "breaking"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Change {
  readonly verdict: Verdict;
  readonly how: "added" | "removed" | "changed";
  /** The state it is about, by its path; undefined for the whole. */
  readonly state: string | undefined;
  /** Of a transition: the event it reacts to, as the definition has it. */
  readonly event?: string;
  readonly message: string;
}

export function compareDefinitions(before: Machine, after: Machine): readonly Change[] {
  const both = before.states.flatMap((state): readonly (readonly [StateNode, StateNode])[] => {
    const other = state.index === 0 ? after.states[0] : stateAt(after, state.path);
    return other === undefined ? [] : [[state, other]];
  });
  return [
    ...states(before, after),
    ...both.flatMap(([old, now]) => kinds(old, now)),
    ...both.flatMap(([old, now]) => transitions(before, old, after, now)),
    ...both.flatMap(([old, now]) => deeds(old, now)),
    ...context(before, after),
    ...invariants(before, after),
    ...unmatched(before, after),
  ];
}

/** The heaviest verdict; `safe` where nothing has changed. */
export function verdictOf(changes: readonly Change[]): Verdict {
  return VERDICTS.findLast((verdict) => changes.some((change) => change.verdict === verdict)) ?? "safe";
}

function stateAt(machine: Machine, path: string): StateNode | undefined {
  const index = machine.byPath.get(path);
  return index === undefined ? undefined : machine.states[index];
}

function states(before: Machine, after: Machine): readonly Change[] {
  const gone = before.states.filter(({ path, index }) => index > 0 && stateAt(after, path) === undefined);
  const added = after.states.filter(({ path, index }) => index > 0 && stateAt(before, path) === undefined);
  return [
    ...gone.map((state): Change => {
      const isLeaf = state.children.length === 0 && state.kind !== "history";
      const message = isLeaf
        ? `'${state.path}' is gone: a map must say where machines in it go`
        : `'${state.path}' is gone`;
      return { verdict: isLeaf ? "needs a map" : "safe", how: "removed", state: state.path, message };
    }),
    ...added.map(
      ({ path }): Change => ({ verdict: "safe", how: "added", state: path, message: `'${path}' is new` }),
    ),
  ];
}

function kinds({ path, kind }: StateNode, now: StateNode): readonly Change[] {
  if (kind === now.kind) return [];
  const change = {
    how: "changed",
    state: path,
    message: `'${path}' is ${now.kind}, it was ${kind}`,
  } as const;
  if (now.kind === "final") return [{ ...change, verdict: "breaking" }];
  const isEntered = kind === "atomic" && (now.kind === "compound" || now.kind === "parallel");
  return [{ ...change, verdict: isEntered || kind === "final" ? "safe" : "needs a map" }];
}

/** The transitions of a state for one event. */
interface Reaction {
  readonly event: string;
  readonly list: readonly Transition[];
}

function reactionsOf(machine: Machine, state: StateNode): ReadonlyMap<string, Reaction> {
  const found = new Map<string, Reaction>();
  for (const transition of machine.transitions) {
    if (transition.source !== state.index) continue;
    const { descriptor, join } = transition;
    const event = join ?? (descriptor === "" ? "always" : eventText(state, descriptor));
    found.set(event, { event, list: [...(found.get(event)?.list ?? []), transition] });
  }
  return found;
}

/** The paths of the states that the transitions of a state for an event lead to, the event as `Change` has it. */
export function targetsFor(machine: Machine, path: string, event: string): readonly string[] {
  const state = path === "" ? machine.states[0] : stateAt(machine, path);
  const { list = [] } = (state && reactionsOf(machine, state).get(event)) ?? {};
  return list.flatMap(({ targets = [] }) => targets.map((target) => stateOf(machine, target).path));
}

function transitions(before: Machine, old: StateNode, after: Machine, now: StateNode): readonly Change[] {
  const was = reactionsOf(before, old);
  const is = reactionsOf(after, now);
  const gone = [...was.values()].filter(({ event }) => !is.has(event));
  const added = [...is.values()].filter(({ event }) => !was.has(event));
  const changes: Change[] = [];
  const name = old.path === "" ? "the machine" : `'${old.path}'`;
  const about = (event: string) => ({ state: old.path, event });
  for (const { event, list } of gone) {
    const timer = event.startsWith("after ");
    const again = timer
      ? added.find(
          (other) => other.event.startsWith("after ") && sameTargets(before, list, after, other.list),
        )
      : undefined;
    if (again !== undefined) {
      added.splice(added.indexOf(again), 1);
      const message = `the timer of ${name} is '${again.event}', it was '${event}'`;
      changes.push({ verdict: "safe", how: "changed", ...about(again.event), message });
      continue;
    }
    const message = list.some(({ isPublic }) => isPublic)
      ? `${name} no longer accepts '${event}'`
      : `${name} no longer has '${event}'`;
    changes.push({ verdict: "breaking", how: "removed", ...about(event), message });
  }
  for (const { event } of added) {
    const isAlways = event === "always";
    const message = isAlways
      ? `${name} has automatic transitions: machines in it may leave at once`
      : `${name} has '${event}'`;
    changes.push({ verdict: isAlways ? "breaking" : "safe", how: "added", ...about(event), message });
  }
  for (const { event, list } of was.values()) {
    const other = is.get(event);
    if (other !== undefined)
      changes.push(
        ...differing(before, list, after, other.list).map((found) => ({
          ...found,
          how: "changed" as const,
          ...about(event),
          message: `'${event}' in ${name} ${found.message}`,
        })),
      );
  }
  return changes;
}

function differing(
  before: Machine,
  old: readonly Transition[],
  after: Machine,
  now: readonly Transition[],
): readonly Pick<Change, "verdict" | "message">[] {
  if (!sameTargets(before, old, after, now))
    return [
      {
        verdict: "breaking",
        message: `leads to ${targetsText(after, now)}, it led to ${targetsText(before, old)}`,
      },
    ];
  const [was, is] = [old, now].map((list) =>
    list.map(({ guard }) => (guard === undefined ? "none" : sourceOf(guard))),
  );
  if (!sameData(was ?? [], is ?? [])) {
    const opened = (is ?? []).every((guard, index) => guard === "none" || guard === was?.[index]);
    return [
      {
        verdict: opened ? "safe" : "breaking",
        message: `has the guard ${(is ?? []).join(" / ")}, it was ${(was ?? []).join(" / ")}`,
      },
    ];
  }
  if (actionsText(old.map(({ actions }) => actions)) !== actionsText(now.map(({ actions }) => actions)))
    return [{ verdict: "safe", message: "does something else on the way" }];
  return [];
}

function sameTargets(
  before: Machine,
  old: readonly Transition[],
  after: Machine,
  now: readonly Transition[],
): boolean {
  return targetsText(before, old) === targetsText(after, now);
}

function targetsText(machine: Machine, list: readonly Transition[]): string {
  return list
    .map(
      ({ targets }) =>
        targets?.map((target) => `'${stateOf(machine, target).path}'`).join(" and ") ?? "no other state",
    )
    .join(" / ");
}

/** Entry and exit actions, children, limits of a state. */
function deeds(old: StateNode, now: StateNode): readonly Change[] {
  const parts = ["entry", "exit", "invokes", "sla", "output"] as const;
  return parts
    .filter((part) => actionsText(old[part]) !== actionsText(now[part]))
    .map((part) => {
      const name = part === "invokes" ? "invoke" : part;
      const message = `'${old.path || old.id}' has another ${name}`;
      return { verdict: "safe", how: "changed", state: old.path, message };
    });
}

/** Compiled actions as a text, places in the document aside. */
function actionsText(actions: unknown): string {
  return JSON.stringify(actions, (key, value: unknown) => (key === "path" ? undefined : value)) ?? "";
}

function context(before: Machine, after: Machine): readonly Change[] {
  const fields = [...new Set([...Object.keys(before.context), ...Object.keys(after.context)])];
  return fields.flatMap((field): readonly Change[] => {
    const [was, is] = [before.context[field], after.context[field]];
    const change = { state: undefined } as const;
    if (was === undefined && is !== undefined)
      return [
        {
          ...change,
          verdict: "needs a map",
          how: "added",
          message: `context.${field} is new: machines have none, a map can give them ${textOfJson(is)}`,
        },
      ];
    if (is === undefined)
      return [
        {
          ...change,
          verdict: "safe",
          how: "removed",
          message: `context.${field} is gone: machines keep theirs`,
        },
      ];
    if (sameData(was, is)) return [];
    return [
      {
        ...change,
        verdict: "safe",
        how: "changed",
        message: `context.${field} starts as ${textOfJson(is)}, it was ${textOfJson(was ?? null)}`,
      },
    ];
  });
}

function invariants(before: Machine, after: Machine): readonly Change[] {
  const sources = (machine: Machine) =>
    new Map(machine.invariants.map(({ name, expression }) => [name, expression.source]));
  const [was, is] = [sources(before), sources(after)];
  const now = [...is].filter(([name, source]) => was.get(name) !== source);
  const gone = [...was.keys()].filter((name) => !is.has(name));
  return [
    ...now.map(
      ([name, source]): Change => ({
        verdict: "breaking",
        how: was.has(name) ? "changed" : "added",
        state: undefined,
        message: `the invariant '${name}' is ${was.has(name) ? "another" : "new"}: machines may not meet ${source}`,
      }),
    ),
    ...gone.map(
      (name): Change => ({
        verdict: "safe",
        how: "removed",
        state: undefined,
        message: `the invariant '${name}' is gone`,
      }),
    ),
  ];
}

function unmatched(before: Machine, after: Machine): readonly Change[] {
  if (before.unmatched === after.unmatched) return [];
  const message = `unmatched is "${after.unmatched}", it was "${before.unmatched}"`;
  return [
    {
      verdict: before.unmatched === "reject" ? "safe" : "breaking",
      how: "changed",
      state: undefined,
      message,
    },
  ];
}
