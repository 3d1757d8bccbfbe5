/** What actions make of their expressions: values with the place where there is none. */
import { noteInexact } from "../base/exact-json.ts";
import type { Json } from "../base/json.ts";
import { ContextRefusal, letGo } from "./context-changes.ts";
import { type Expression, ExpressionFailure, type Template } from "./expressions.ts";
import { inexactReason, isOverInexact } from "./inexact-data.ts";
import { ExecutionFailure, type Run } from "./interpreter.ts";
import type { Name } from "./machine.ts";
import { shown } from "./refusal.ts";

/** Evaluates a template; all its numbers are exact. @throws ExecutionFailure with the place of the action. */
export function build(run: Run, template: Template, path: string): Json {
  const value = evaluate(run, template, path);
  const reason = isOverInexact(run) ? inexactReason(value) : undefined;
  if (reason !== undefined) throw new ExecutionFailure(`${path}: ${reason}`);
  return value;
}

function evaluate(run: Run, template: Template, path: string): Json {
  const value = orFail(path, () => template.build(run));
  if (typeof value === "object" && template.expressions.some(readsContext)) letGo(run);
  return value;
}

function readsContext({ reads }: Expression): boolean {
  return reads.some(({ keys }) => keys[0] === "context");
}

/** The value, or the place where an expression gave none. @throws ExecutionFailure */
export function orFail<T>(path: string, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    const isReason = error instanceof ExpressionFailure || error instanceof ContextRefusal;
    throw isReason ? new ExecutionFailure(`${path}: ${error.message}`) : error;
  }
}

/** As `build`, for what is handed on: inexact numbers in it stay as they are. @throws ExecutionFailure */
export function buildWhole(run: Run, template: Template, path: string): Json {
  const value = evaluate(run, template, path);
  if (isOverInexact(run)) noteInexact(value);
  return value;
}

/** `{data}` or nothing: an absent value must stay absent, not become null. With its text where it is the event's. */
export function dataOf(
  run: Run,
  template: Template | undefined,
  path: string,
): { readonly data?: Json; readonly text?: string } {
  if (template === undefined) return {};
  const data = buildWhole(run, template, path);
  return data === run.eventData && run.eventText !== undefined ? { data, text: run.eventText } : { data };
}

/** A name, as it is now where it is computed. @throws ExecutionFailure when it is none */
export function textOf(run: Run, name: Name, path: string): string {
  if (typeof name === "string") return name;
  const value = orFail(path, () => name.evaluate(run));
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number") return String(value);
  throw new ExecutionFailure(
    `${path}: ${name.source} is ${shown(value)}; a name is a string that is not empty, or a number`,
  );
}
