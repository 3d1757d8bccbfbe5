/**
 * The documents that SM.DEF CREATE takes, as types (docs/definitions.md). They are for the editor: the server has the
 * last word, and its errors name the path. Where a word is one of a few, any string passes, so that a definition may also
 * be imported from a JSON file.
 */

/** A definition: a statechart in the shape of an XState config, a map of targets, or a list of transitions. */
export type Definition = Chart | MapForm | ListForm;

export interface Chart extends StateNode {
  readonly name?: string;
  readonly version?: string;
  /** The data a machine starts with. */
  readonly context?: object;
  /** Values for expressions that are the same for all machines. */
  readonly constants?: object;
  /** What must hold after every step. */
  readonly invariants?: ReadonlyArray<{ readonly name: string; readonly expr: string }>;
  /** `changes` records no event that changes nothing. */
  readonly record?: Word<"events" | "changes">;
  /** What happens to an event that no active state takes; `reject` where none is given. */
  readonly unmatched?: Word<"reject" | "defer" | "ignore">;
}

export interface MapForm {
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  readonly initial: string;
  readonly map: { readonly [state: string]: readonly string[] };
}

export interface ListForm {
  readonly name?: string;
  readonly version?: string;
  readonly states: readonly string[];
  readonly transitions: ReadonlyArray<{ readonly from: string; readonly to: string; readonly event: string }>;
  readonly starting_state: string;
  readonly final?: readonly string[];
}

export interface StateNode {
  readonly id?: string;
  readonly type?: Word<"atomic" | "compound" | "parallel" | "final" | "history">;
  /** A child's name, or where to go with actions on the way. */
  readonly initial?:
    | string
    | { readonly target: string | readonly string[]; readonly actions?: OneOrMore<Action> };
  readonly states?: { readonly [state: string]: StateNode };
  /** By event: a name, `foo.*` or `*`. */
  readonly on?: { readonly [event: string]: Transitions };
  readonly always?: Transitions;
  /** By duration: milliseconds, `30s`, `72h`, or an expression. */
  readonly after?: { readonly [duration: string]: Transitions };
  readonly onDone?: Transitions;
  readonly entry?: OneOrMore<Action>;
  readonly exit?: OneOrMore<Action>;
  /** Events to keep until a state takes them. */
  readonly defer?: readonly string[];
  /** How long the machine may be in it: a duration or an expression. */
  readonly sla?: number | string;
  /** Events to wait for together. */
  readonly join?: OneOrMore<Join>;
  /** Machines that live while the state is active. */
  readonly invoke?: OneOrMore<Invoke>;
  /** Of a history state. */
  readonly history?: Word<"shallow" | "deep">;
  readonly target?: string | readonly string[];
  readonly output?: unknown;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly meta?: unknown;
}

/** The first whose guard holds is taken; a string is a target. */
export type Transitions = OneOrMore<string | Transition>;

export interface Transition {
  readonly target?: string | readonly string[];
  readonly guard?: Guard;
  /** What a refusal by the guard says first. */
  readonly otherwise?: string;
  readonly actions?: OneOrMore<Action>;
  /** Leaves and enters the state again where source and target are the same or one is within the other. */
  readonly reenter?: boolean;
  readonly description?: string;
}

/** An expression, or guards put together. */
export type Guard =
  | string
  | { readonly and: readonly Guard[] }
  | { readonly or: readonly Guard[] }
  | { readonly not: Guard }
  | { readonly in: string };

export interface Join {
  readonly all?: JoinParts;
  readonly any?: JoinParts;
  readonly target?: string | readonly string[];
  readonly actions?: OneOrMore<Action>;
  readonly reenter?: boolean;
  readonly description?: string;
}

interface JoinParts {
  readonly [place: string]: JoinPart;
}

export type JoinPart =
  | string
  | { readonly event: string; readonly guard?: Guard }
  | { readonly if: string }
  | { readonly after: number | string }
  | { readonly all: JoinParts }
  | { readonly any: JoinParts };

export interface Invoke {
  /** The name of a definition. */
  readonly src: string;
  readonly id?: string;
  readonly input?: unknown;
  /** A list, with a child for each of its items. */
  readonly each?: unknown;
  readonly onDone?: Transitions;
  readonly onError?: Transitions;
  readonly description?: string;
}

/** A name, or an expression for one. */
export type Named = string | { readonly expr: string };

/** A string in `assign`, `data`, `input`, `output` and `log` is an expression; a literal in it is written `'text'`. */
export type Action =
  | { readonly assign: string | { readonly [path: string]: unknown } }
  | { readonly unset: OneOrMore<string> }
  | { readonly raise: string | Later }
  | { readonly send: SendAction }
  | { readonly cancel: Named }
  | { readonly spawn: { readonly src: string; readonly id: Named; readonly input?: unknown } }
  | { readonly stop: Named }
  | {
      readonly forEach: {
        readonly items: unknown;
        readonly as?: string;
        readonly actions: OneOrMore<Action>;
      };
    }
  | { readonly choose: ReadonlyArray<{ readonly guard?: Guard; readonly actions: OneOrMore<Action> }> }
  | { readonly fail: string }
  | { readonly suspend: string }
  | { readonly log: unknown }
  | { readonly emit: string | { readonly event: string; readonly data?: unknown } }
  | TaskAction;

export interface TaskAction {
  readonly task: Named;
  readonly input?: unknown;
  /** The event that a worker's answer is. */
  readonly done?: string;
  /** The event when it is given up. */
  readonly failed?: string;
  readonly timeout?: number | string;
  /** How often it is delivered before it is given up. */
  readonly attempts?: number;
  /** Tries it again when `timeout` is over. */
  readonly retry?: {
    readonly attempts: number;
    readonly delay?: number | string;
    readonly backoff?: number;
    readonly maxDelay?: number | string;
    readonly jitter?: number;
  };
}

interface Later {
  readonly event: string;
  readonly data?: unknown;
  readonly delay?: number | string;
  readonly id?: Named;
}

interface SendAction extends Later {
  readonly to: string;
  readonly def?: Named;
  readonly eventId?: Named;
  readonly expire?: number | string;
}

type OneOrMore<Item> = Item | readonly Item[];

/** One of some words, which an editor proposes, or any string. */
type Word<Known extends string> = Known | (string & {});
