/**
 * The compiled form of a definition: integers and tables instead of JSON.
 *
 * States are numbered in document order (depth first), so a subtree is a range of numbers: `d` is a descendant of `s`
 * if and only if `s < d && d <= states[s].last`. Sets of states are sorted arrays of these numbers, the active
 * descendants of a state are a slice of the configuration, and order of entry is ascending order.
 */
import type { Json, JsonObject } from "../base/json.ts";
import type { Key } from "./context-changes.ts";
import type { Expression, Template } from "./expressions.ts";

/** A guard: an expression, or a combination of guards. */
export type Guard =
  | { readonly kind: "expression"; readonly expression: Expression }
  | { readonly kind: "and" | "or"; readonly guards: readonly Guard[] }
  | { readonly kind: "not"; readonly guard: Guard }
  /** True while the state is active. */
  | { readonly kind: "in"; readonly state: number; readonly source: string };

/** A length of time: fixed in milliseconds, up to a point in time, or an expression for either. */
export type Delay = number | { readonly until: number } | Expression;

/** A path into the context; keys that are computed are expressions. */
export type ContextPath = {
  readonly path: string;
  readonly keys: readonly (Key | { readonly expression: Expression })[];
};

/** One `path: value` of an assign. */
export type Assignment = ContextPath & { readonly value: Template };

/** A name that stands for itself, or is computed. */
export type Name = string | Expression;

/** How often and when a task is tried whose deadline passes. */
export type TaskRetry = {
  /** The first one among them. */
  readonly attempts: number;
  readonly delayMs: number;
  /** By how much each delay is longer than the one before. */
  readonly backoff: number;
  readonly maxDelayMs?: number;
  /** Part of the delay by which it may be shorter or longer. */
  readonly jitter: number;
};

/** One compiled action. The JSON path is kept for messages. */
export type Action =
  | { readonly kind: "assign"; readonly path: string; readonly assignments: readonly Assignment[] }
  /** Another context in place of the whole. */
  | { readonly kind: "replace"; readonly path: string; readonly value: Template }
  | { readonly kind: "unset"; readonly path: string; readonly paths: readonly ContextPath[] }
  | {
      readonly kind: "raise";
      readonly path: string;
      readonly event: string;
      readonly data: Template | undefined;
      readonly delay: Delay | undefined;
      readonly id: Name | undefined;
    }
  | {
      readonly kind: "send";
      readonly path: string;
      readonly to: Template;
      readonly event: string;
      readonly data: Template | undefined;
      readonly delay: Delay | undefined;
      readonly id: Name | undefined;
      /** The definition of a machine that is made when there is none. */
      readonly def: Name | undefined;
      /** The id of the event in the machine that gets it. */
      readonly eventId: Name | undefined;
      /** How long the event may wait, for its time and in that machine. */
      readonly expire: Delay | undefined;
    }
  | { readonly kind: "cancel"; readonly path: string; readonly id: Name }
  | {
      readonly kind: "emit";
      readonly path: string;
      readonly event: string;
      readonly data: Template | undefined;
    }
  | {
      readonly kind: "task";
      readonly path: string;
      readonly task: Name;
      readonly input: Template | undefined;
      readonly done: string | undefined;
      readonly failed: string | undefined;
      readonly timeout: Delay | undefined;
      readonly attempts: number | undefined;
      readonly retry: TaskRetry | undefined;
    }
  | { readonly kind: "log"; readonly path: string; readonly value: Template }
  | ({ readonly kind: "spawn" } & Child)
  | { readonly kind: "stop"; readonly path: string; readonly id: Name }
  | { readonly kind: "choose"; readonly path: string; readonly branches: readonly Branch[] }
  /** Runs its actions for each item of a list, with the variables `as` and `index`. */
  | {
      readonly kind: "forEach";
      readonly path: string;
      readonly items: Template;
      readonly as: string;
      readonly actions: readonly Action[];
    }
  /** Refuses the event. */
  | { readonly kind: "fail"; readonly path: string; readonly text: Template }
  /** Suspends the machine after the step. */
  | { readonly kind: "suspend"; readonly path: string; readonly reason: Template };

/** A machine that is to belong to this one: what `invoke` and `spawn` say of it. */
export type Child = {
  readonly path: string;
  readonly id: Name;
  /** Its definition; a literal name is pinned to a version. */
  readonly src: Name;
  readonly input: Template | undefined;
  /** One child for each item of a list. */
  readonly each: Template | undefined;
};

/** A child that lives while the state is active. */
export type Invoke = Child & { readonly id: string };

/** One branch of a `choose`; the first whose guard holds is run. */
export type Branch = { readonly guard: Guard | undefined; readonly actions: readonly Action[] };

/** The states a transition enters, in order of entry, and those among them entered by default. */
export type EntrySet = {
  readonly states: readonly number[];
  /** Compound states whose `initial` actions run. */
  readonly defaults: ReadonlySet<number>;
  /** History states that had nothing to remember, by their parent: their default actions run after its entry. */
  readonly histories: ReadonlyMap<number, ReadonlySet<number>>;
};

/** A compiled transition. */
export type Transition = {
  readonly source: number;
  /** What it reacts to, as in the definition (`SHIP`, `foo.*`, `*`); empty for an automatic one. */
  readonly descriptor: string;
  /** False for events the machine sends itself: `after`, `onDone`, automatic ones. */
  readonly isPublic: boolean;
  /** States as written, history states among them; undefined for a transition without a target. */
  readonly targets: readonly number[] | undefined;
  readonly guard: Guard | undefined;
  readonly actions: readonly Action[];
  readonly reenter: boolean;
  readonly description: string | undefined;
  /** What a refusal by its guard says. */
  readonly otherwise: string | undefined;
  /** The text of the join that it ends, `all(a: PAID, b: PACKED)`; undefined for what is no join. */
  readonly join: string | undefined;
  /** JSON path in the definition. */
  readonly path: string;
  /** Caches of `sets.ts`: undefined until needed, null where the answer depends on history (or is too large to keep). */
  domain: number | null | undefined;
  entrySet: EntrySet | null | undefined;
};

/** An `after`: the delay and the name of the event that a timer delivers. */
export type AfterTimer = { readonly delay: Delay; readonly event: string; readonly path: string };

/** One thing a join waits for. */
export type Place = {
  /** Its position among the places of the join, in document order. */
  readonly number: number;
  /** Unique within the join: what is kept is `events.<name>`. */
  readonly name: string;
  /** `PACKED [event.ok]`, `after 2h`, `if context.ready`, as messages show it. */
  readonly source: string;
  /** JSON path in the definition. */
  readonly path: string;
} & (
  | { readonly kind: "event"; readonly descriptor: string; readonly guard: Guard | undefined }
  /** Filled while the condition holds. */
  | { readonly kind: "if"; readonly guard: Guard }
  /** Filled when the time since the state's entry is over. */
  | { readonly kind: "after"; readonly delay: Delay; readonly event: string }
);

/** What makes a join complete: all of its parts, or any. */
export type JoinGroup = {
  readonly kind: "all" | "any";
  /** Undefined for the whole. */
  readonly name: string | undefined;
  readonly parts: readonly (Place | JoinGroup)[];
};

/** Events that a state waits for together. */
export type Join = {
  /** Its position among the joins of the machine, in document order. */
  readonly number: number;
  readonly state: number;
  readonly whole: JoinGroup;
  readonly places: readonly Place[];
  /** True when a condition may complete it, which no event announces. */
  readonly hasCondition: boolean;
  /** Taken when it is complete. */
  readonly transition: Transition;
};

/** What a state does with the events of one exact name or descriptor, and the descriptors that hold a wildcard. */
export type Reactions = {
  readonly exact: ReadonlyMap<string, readonly Transition[]>;
  /** `foo.*` as prefix `foo`, longest first. */
  readonly prefixes: readonly { readonly prefix: string; readonly transitions: readonly Transition[] }[];
  readonly any: readonly Transition[] | undefined;
};

/** A compiled state. */
export type StateNode = {
  readonly index: number;
  readonly key: string;
  /** Dotted path of keys from the root; empty for the root. */
  readonly path: string;
  readonly id: string;
  /** What `state` in an expression calls it: its path and, where it has one of its own, its id. */
  readonly names: readonly string[];
  readonly kind: "atomic" | "compound" | "parallel" | "history" | "final";
  /** Index of the parent; -1 for the root. */
  readonly parent: number;
  readonly depth: number;
  /** Index of the last descendant; its own index if it has none. */
  readonly last: number;
  /** Children that can be active, in document order. */
  readonly children: readonly number[];
  /** Its history children, one for all that remember the same: `memory` says which. */
  readonly histories: readonly number[];
  /** Of a history: the sibling under which is kept what it remembers; its own index for other states. */
  readonly memory: number;
  readonly isDeepHistory: boolean;
  /** Default targets of a compound or history state. */
  readonly initial: readonly number[];
  /** False for a history without target, which has its parent's. */
  readonly hasOwnInitial: boolean;
  /** Actions of the default transition. */
  readonly initialActions: readonly Action[];
  readonly entry: readonly Action[];
  readonly exit: readonly Action[];
  readonly reactions: Reactions;
  readonly always: readonly Transition[];
  readonly after: readonly AfterTimer[];
  readonly joins: readonly Join[];
  readonly invokes: readonly Invoke[];
  /** How long a machine may be in it before it is overdue. */
  readonly sla: Delay | undefined;
  readonly output: Template | undefined;
  readonly tags: readonly string[];
  readonly meta: Json | undefined;
  readonly description: string | undefined;
  readonly defer: ReadonlySet<string>;
  /** Name of the internal event that says it is done. */
  readonly doneEvent: string;
  /** JSON path in the definition. */
  readonly jsonPath: string;
};

/** A condition that no change of a machine may break. */
export type Invariant = { readonly name: string; readonly expression: Expression };

/** A compiled definition. Immutable; shared by all machines of that definition. */
export type Machine = {
  readonly id: string;
  readonly form: "statechart" | "map" | "transitions";
  readonly states: readonly StateNode[];
  readonly byPath: ReadonlyMap<string, number>;
  readonly byId: ReadonlyMap<string, number>;
  /** In document order, source state by source state. */
  readonly transitions: readonly Transition[];
  readonly context: JsonObject;
  readonly constants: JsonObject;
  /** What must hold after every step. */
  readonly invariants: readonly Invariant[];
  /** Those among them that read `children`: a child's step can break them. */
  readonly childInvariants: readonly Invariant[];
  /** The definitions of children that it names, as they are written there. */
  readonly sources: readonly string[];
  /** Whether events that change nothing are recorded. */
  readonly record: "events" | "changes";
  readonly unmatched: "reject" | "defer" | "ignore";
  /** States that react to an event of this exact name, ascending: where a step looks when much is active. */
  readonly reactors: ReadonlyMap<string, readonly number[]>;
  /** States that may react to, or defer, events of many names, ascending. */
  readonly generalReactors: readonly number[];
  /** States that have automatic transitions, ascending. */
  readonly eventless: readonly number[];
  /** In document order. */
  readonly joins: readonly Join[];
  /** True when there is any history state; without them no exit records anything. */
  readonly hasHistory: boolean;
  readonly description: string | undefined;
};

/** True when `descendant` lies below `ancestor`; -1 stands for a place above the root. */
export function isDescendant(machine: Machine, descendant: number, ancestor: number): boolean {
  return ancestor === -1 || (descendant > ancestor && descendant <= stateOf(machine, ancestor).last);
}

/** The state with this index. @throws Error when there is none: indices come from the machine itself. */
export function stateOf(machine: Machine, index: number): StateNode {
  const state = machine.states[index];
  if (state === undefined) throw new Error(`no state ${index} in machine ${machine.id}`);
  return state;
}
