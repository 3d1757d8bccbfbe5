/**
 * Expressions over data with inexact numbers (`base/exact-json.ts`). Data may be handed on whole, with all its numbers
 * as they were sent; a number that an expression reads, or that is to be kept in the context, must be exact.
 */
import { firstInexact, isInexact } from "../base/exact-json.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import { ExpressionFailure, type Read, type Scope } from "./expressions-scope.ts";
import { readValue } from "./expressions-variables.ts";

type Program = { readonly source: string; readonly reads: readonly Read[] };

/** Evaluates an expression where the event's data holds inexact numbers. @throws ExpressionFailure when it reads one */
export function evaluateOverInexact(
  { source, reads }: Program,
  scope: Scope,
  evaluate: (scope: Scope) => Json,
): Json {
  for (const read of reads) {
    const value = readValue(read, scope);
    if (isInexact(value)) throw new ExpressionFailure(inexactMessage(read.path, value.text));
  }
  const [only] = reads;
  const whole = only?.path === source.trim() ? readValue(only, scope) : undefined;
  return whole ?? evaluate(guarded(scope));
}

/** Why a value cannot be kept where numbers must be exact; undefined when it can. */
export function inexactReason(value: Json): string | undefined {
  const found = firstInexact(value, "");
  return found === undefined ? undefined : inexactMessage(found.path.replace(/^\./, ""), found.text);
}

function inexactMessage(path: string, text: string): string {
  return `${path === "" ? "the value" : path} is ${text}, which no number here holds exactly: send it as a string`;
}

/** The scope with data in which an inexact number cannot be read. What is spent of the budget is spent of the scope's. */
function guarded(scope: Scope): Scope {
  return Object.create(scope, {
    activeIds: { value: () => scope.activeIds() },
    eventData: { value: guardedData(scope.eventData ?? null, "event") },
    budgetLeft: {
      get: () => scope.budgetLeft,
      set: (left: number) => {
        scope.budgetLeft = left;
      },
    },
  }) as Scope;
}

function guardedData(value: Json, path: string): Json {
  if (Array.isArray(value)) return guardedItems(value, path);
  if (!isJsonObject(value)) return value;
  const copy: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value)) {
    // `event` is made by copying the fields of the data, which must not read them.
    const isEnumerable = path !== "event";
    Object.defineProperty(copy, key, fieldOf(item, `${path}.${key}`, isEnumerable));
  }
  return copy;
}

function guardedItems(items: readonly Json[], path: string): Json {
  const copy: Json[] = new Array<Json>(items.length);
  for (const [index, item] of items.entries())
    Object.defineProperty(copy, index, fieldOf(item, `${path}[${index}]`, true));
  return copy;
}

function fieldOf(item: Json, path: string, isEnumerable: boolean): PropertyDescriptor {
  if (!isInexact(item)) return { value: guardedData(item, path), enumerable: true };
  const { text } = item;
  const get = () => {
    throw new ExpressionFailure(inexactMessage(path, text));
  };
  return { get, enumerable: isEnumerable };
}
