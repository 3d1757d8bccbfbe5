/**
 * Types that follow from a definition: names of events and tasks, states, data and its paths. The definition is given
 * `as const`, or where it is used; of one whose texts are no literals, such as a JSON import, anything goes.
 */

/** Names to anything: what is known of events and tasks when nothing is said. */
export type Anything = { readonly [name: string]: unknown };

/** The events that the states of a definition take, each with any data; any event where it names none. */
export type EventsOf<D> = [EventNames<D>] extends [never]
  ? Anything
  : { readonly [Name in EventNames<D>]: unknown };

/** The paths of all states of a definition: `paying`, `paying.card`. */
export type StatesOf<D> = D extends { readonly map: infer Targets }
  ? (keyof Targets & string) | TargetsIn<Targets[keyof Targets]>
  : D extends { readonly transitions: unknown; readonly states: ReadonlyArray<infer Names> }
    ? Names & string
    : D extends { readonly states: infer Children }
      ? NestedStates<Children>
      : string;

type TargetsIn<List> = List extends ReadonlyArray<infer Target> ? Target & string : never;

type NestedStates<Children, Above extends string = ""> = {
  [Name in keyof Children & string]:
    | `${Above}${Name}`
    | (Children[Name] extends { readonly states: infer Below }
        ? NestedStates<Below, `${Above}${Name}.`>
        : never);
}[keyof Children & string];

/** The data of a definition, as its initial values are: what is null there may become anything. */
export type ContextOf<D> = D extends { readonly context: infer Values } ? Widened<Values> : unknown;

type Widened<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : Value extends null
        ? unknown
        : Value extends readonly []
          ? readonly unknown[]
          : Value extends ReadonlyArray<infer Item>
            ? ReadonlyArray<Widened<Item>>
            : { readonly [Name in keyof Value]: Widened<Value[Name]> };

/** The tasks that the actions of a definition set, with any input and output; any task where it names none. */
export type TasksOf<D> = [TaskNames<D>] extends [never]
  ? Anything
  : { readonly [Name in TaskNames<D>]: { readonly input: unknown; readonly output: unknown } };

type EventNames<D> = D extends { readonly map: infer Targets }
  ? TargetsIn<Targets[keyof Targets]>
  : D extends { readonly transitions: ReadonlyArray<{ readonly event: infer Names }> }
    ? Names & string
    : Descriptor<StateEvents<D>>;

/** Those of a state and of the states in it. */
type StateEvents<Node> =
  | (Node extends { readonly on: infer On } ? keyof On & string : never)
  | (Node extends { readonly join: infer Joins } ? JoinEvents<Joins> : never)
  | (Node extends { readonly states: infer Children } ? StateEvents<Children[keyof Children]> : never);

/** A join names its events in `all` and `any`, by place, each an event, a condition, or a group again. */
type JoinEvents<Joins> =
  Joins extends ReadonlyArray<infer Each>
    ? JoinEvents<Each>
    : Joins extends { readonly all: infer Places } | { readonly any: infer Places }
      ? { [Place in keyof Places]: PlaceEvents<Places[Place]> }[keyof Places]
      : never;

type PlaceEvents<Part> = Part extends string
  ? Part
  : Part extends { readonly event: infer Name extends string }
    ? Name
    : JoinEvents<Part>;

/** `*` stands for any event, `foo.*` for those that begin so. */
type Descriptor<Name extends string> = Name extends "*"
  ? string
  : Name extends `${infer Head}.*`
    ? Head | `${Head}.${string}`
    : Name;

type TaskNames<Part> = Part extends { readonly task: infer Name extends string }
  ? Name
  : Part extends ReadonlyArray<infer Item>
    ? TaskNames<Item>
    : Part extends object
      ? { [Name in keyof Part]: TaskNames<Part[Name]> }[keyof Part]
      : never;

/** What `create` takes in place of initial values. */
export type ContextGiven<Context> = unknown extends Context ? object : Partial<Context>;

/** The dotted paths into the data, three deep; any path where nothing is known of it. */
export type PathOf<Context> = unknown extends Context ? string : NestedPaths<Context, "", 3>;

type NestedPaths<Value, Above extends string, Depth extends number> =
  Value extends ReadonlyArray<unknown>
    ? never
    : unknown extends Value
      ? never
      : Value extends object
        ? {
            [Name in keyof Value & string]:
              | `${Above}${Name}`
              | (Depth extends 0 ? never : NestedPaths<Value[Name], `${Above}${Name}.`, Less[Depth]>);
          }[keyof Value & string]
        : never;

type Less = [0, 0, 1, 2, ...number[]];

/** What the data has at a path. */
export type ValueAt<Context, Path extends string> = Path extends keyof Context
  ? Context[Path]
  : Path extends `${infer Head}.${infer Rest}`
    ? Head extends keyof Context
      ? ValueAt<NonNullable<Context[Head]>, Rest>
      : unknown
    : unknown;
