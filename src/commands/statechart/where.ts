/** `WHERE expr` of SM.SCAN and SM.HISTORY: an expression over a machine or an entry; one that has no value is false. */
import type { JsonObject } from "../../base/json.ts";
import { compileExpression, type Expression } from "../../engine/expressions.ts";
import { EVENT_BUDGET, EXPRESSION_LIMITS, type Scope } from "../../engine/expressions-scope.ts";
import * as errors from "../../protocol/errors.ts";
import { text } from "../arguments.ts";

/** What an expression sees of one machine, or of one entry. */
export interface Seen {
  readonly key: string;
  readonly context: JsonObject;
  /** The names of active states. */
  readonly states: readonly string[];
  readonly fields: JsonObject;
}

/** All evaluations of one request share a budget: beyond it the request ends with what it has. */
export class Where {
  readonly #expression: Expression;
  readonly #nowMs: number;
  #budgetLeft = EVENT_BUDGET;

  constructor(expression: Expression, nowMs: number) {
    this.#expression = expression;
    this.#nowMs = nowMs;
  }

  get isSpent(): boolean {
    return this.#budgetLeft <= 0;
  }

  holds({ key, context, states, fields }: Seen): boolean {
    const scope: Scope = {
      context,
      constants: {},
      eventType: "",
      eventData: undefined,
      now: this.#nowMs,
      key,
      resultSizeMax: EXPRESSION_LIMITS.budget,
      budgetLeft: this.#budgetLeft,
      locals: fields,
      activeIds: () => states,
    };
    const isTrue = this.#expression.isTrue(scope);
    this.#budgetLeft = scope.budgetLeft;
    return isTrue;
  }
}

/** Undefined where none was given. @throws ReplyError for a text that is no condition over these fields */
export function readWhere(
  bytes: Buffer | undefined,
  given: { readonly fields: readonly string[]; readonly nowMs: number },
): Where | undefined {
  if (bytes === undefined) return undefined;
  const result = compileExpression(text(bytes, "WHERE"), EXPRESSION_LIMITS, given.fields);
  if (!result.ok) throw errors.err(`WHERE: ${result.reason}`);
  const { expression } = result;
  if (expression.type !== "bool" && expression.type !== "dyn")
    throw errors.err(`WHERE must be true or false, this is of type ${expression.type}`);
  return new Where(expression, given.nowMs);
}
