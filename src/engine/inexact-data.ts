/**
 * Expressions over data with inexact numbers (`base/exact-json.ts`). Data may be handed on whole, with all its numbers
 * as they were sent; a number that an expression reads, or that is to be kept in the context, must be exact.
 */
import { firstInexact, holdsInexact, isInexact, noteHoldsInexact } from "../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { ExpressionFailure, type Read, type Scope } from "./expressions-scope.ts";
import { noteEvent, readValue } from "./expressions-variables.ts";

/** Where numbers can come from that are not exact: the event's data, and what is made of it and of kept events. */
type Source = Pick<Scope, "eventData" | "locals">;

/** Whether an expression might read an inexact number. O(1). */
export function isOverInexact({ eventData, locals }: Source): boolean {
  return holdsInexact(eventData) || (locals !== undefined && holdsInexact(locals));
}

/** The variables of a place: those around it and its own, whose values are noted where they hold inexact numbers. */
export function localsOf(outer: JsonObject | undefined, own: JsonObject): JsonObject {
  const locals = { ...outer, ...own };
  if (holdsInexact(outer) || Object.values(own).some(holdsInexact)) noteHoldsInexact(locals);
  return locals;
}

type Program = { readonly source: string; readonly reads: readonly Read[] };

/** Evaluates an expression where `isOverInexact`. @throws ExpressionFailure when it reads one */
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

/** The scope with values in which an inexact number cannot be read. What is spent of the budget is spent of the scope's. */
function guarded(scope: Scope): Scope {
  const { eventData = null, eventType, locals } = scope;
  const data = holdsInexact(eventData) ? guardedData(eventData, "event") : eventData;
  if (isJsonObject(data)) noteEvent(data, withType(data, eventType));
  return Object.create(scope, {
    activeIds: { value: () => scope.activeIds() },
    eventData: { value: data },
    locals: { value: locals !== undefined && holdsInexact(locals) ? guardedObject(locals, "") : locals },
    budgetLeft: {
      get: () => scope.budgetLeft,
      set: (left: number) => {
        scope.budgetLeft = left;
      },
    },
  }) as Scope;
}

/** The variable `event`, made without reading the fields of the data. */
function withType(data: JsonObject, type: string): JsonObject {
  const fields = { ...Object.getOwnPropertyDescriptors(data), type: { value: type, enumerable: true } };
  return Object.defineProperties({}, fields) as JsonObject;
}

function guardedData(value: Json, path: string): Json {
  if (Array.isArray(value)) return guardedItems(value, path);
  return isJsonObject(value) ? guardedObject(value, path) : value;
}

function guardedObject(value: JsonObject, path: string): JsonObject {
  const copy: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value))
    Object.defineProperty(copy, key, fieldOf(item, path === "" ? key : `${path}.${key}`));
  return copy;
}

function guardedItems(items: readonly Json[], path: string): Json {
  const copy: Json[] = new Array<Json>(items.length);
  for (const [index, item] of items.entries())
    Object.defineProperty(copy, index, fieldOf(item, `${path}[${index}]`));
  return copy;
}

function fieldOf(item: Json, path: string): PropertyDescriptor {
  if (!isInexact(item)) return { value: guardedData(item, path), enumerable: true };
  const { text } = item;
  const get = () => {
    throw new ExpressionFailure(inexactMessage(path, text));
  };
  return { get, enumerable: true };
}
