/** What expressions are given and bound by. */
import type { Json, JsonObject } from "../base/json.ts";
import type { Relatives } from "./types.ts";

/** Bounds on the text of one expression, checked when it is compiled. */
export type ExpressionLimits = {
  readonly charsMax: number;
  readonly nodesMax: number;
  readonly depthMax: number;
  /** Macros (`map`, `filter`, `exists` …) and `cel.bind` inside one another: each level multiplies the time. */
  readonly macroDepthMax: number;
  /** What one evaluation may cost, see `expressions-meter.ts`. */
  readonly budget: number;
};

/** The defaults of `ExpressionLimits`. */
export const EXPRESSION_LIMITS: ExpressionLimits = {
  charsMax: 4096,
  nodesMax: 500,
  depthMax: 40,
  macroDepthMax: 3,
  budget: 1_000_000,
};

/** What all evaluations of one event may cost: some tenths of a second. */
export const EVENT_BUDGET = 10_000_000;

/** How messages say that this is spent. */
export const BUDGET_SPENT = "the expressions of one event take too many steps or characters in all";

/** What an expression may read. */
export type Scope = {
  readonly context: JsonObject;
  readonly constants: JsonObject;
  /** The event's name and data; `data` undefined when it came without. */
  readonly eventType: string;
  readonly eventData: Json | undefined;
  readonly now: number;
  readonly key: string;
  readonly resultSizeMax: number;
  /** What the evaluations of one event may still cost in all, as `ExpressionLimits.budget` counts; taken from by each. */
  budgetLeft: number;
  /** Values of the variables that exist only where the expression stands, such as `item` and `index`. */
  readonly locals?: JsonObject | undefined;
  /** The variables `children` and `parent`. */
  readonly relatives?: Relatives | undefined;
  /** The variable `state`: names of all active states. */
  activeIds(): readonly string[];
};

/** A variable path an expression reads: `context.total` as written, and its parts. */
export type Read = { readonly path: string; readonly keys: readonly string[] };

/** The reason why an evaluation gave no value. Thrown by `Expression.evaluate`, caught by the interpreter only. */
export class ExpressionFailure extends Error {}
