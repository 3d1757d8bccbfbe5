/**
 * What must hold in every situation that a machine comes to: `always` and `never` an expression, or one that holds `until`
 * another does.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { compileExpression, type Expression, ExpressionFailure, readValue } from "../engine/expressions.ts";
import { EXPRESSION_LIMITS } from "../engine/expressions-scope.ts";
import { Run } from "../engine/interpreter.ts";
import { at, checkKeys, kindOf, type Problems, readText } from "../engine/problems.ts";
import { shown } from "../engine/refusal.ts";
import { envIn, type Rehearsed, type Situation } from "./rehearsal.ts";

export interface Property {
  readonly name: string;
  readonly kind: "always" | "never" | "until";
  readonly expression: Expression;
  /** Of `until`: what holds before. */
  readonly holds: Expression | undefined;
  /** As it is written. */
  readonly json: JsonObject;
}

/** Positions of the `until` properties whose time is over. */
export type Released = ReadonlySet<number>;

export const NONE_RELEASED: Released = new Set();

const FORMS = '{"always": EXPRESSION}, {"never": EXPRESSION} or {"until": EXPRESSION, "holds": EXPRESSION}';

export function readProperties(json: Json | undefined, problems: Problems): readonly Property[] {
  const path = "$.properties";
  if (json === undefined) return [];
  if (!Array.isArray(json)) {
    problems.error(path, `properties is a list of ${FORMS}; this is ${kindOf(json)}`);
    return [];
  }
  return json.flatMap((item: Json, index) => readProperty(item, at(path, index), problems) ?? []);
}

function readProperty(json: Json, path: string, problems: Problems): Property | undefined {
  if (!isJsonObject(json)) {
    problems.error(path, `a property is ${FORMS}; this is ${kindOf(json)}`);
    return undefined;
  }
  checkKeys(json, path, {
    allowed: ["name", "always", "never", "until", "holds"],
    what: "a property",
    problems,
  });
  const kinds = (["always", "never", "until"] as const).filter((kind) => json[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1 || (kind === "until") !== (json["holds"] !== undefined)) {
    problems.error(path, `a property is ${FORMS}`);
    return undefined;
  }
  const expression = linked(json, kind, path, problems);
  const holds = kind === "until" ? linked(json, "holds", path, problems) : undefined;
  if (expression === undefined || (kind === "until" && holds === undefined)) return undefined;
  const text =
    kind === "until" ? `${holds?.source} until ${expression.source}` : `${kind} ${expression.source}`;
  return { name: readText(json, "name", path, problems) ?? text, kind, expression, holds, json };
}

function linked(json: JsonObject, key: string, path: string, problems: Problems): Expression | undefined {
  const source = readText(json, key, path, problems);
  if (source === undefined) return undefined;
  const compiled = compileExpression(source, EXPRESSION_LIMITS);
  if (!compiled.ok) {
    problems.error(at(path, key), compiled.reason);
    return undefined;
  }
  const { expression } = compiled;
  const ofEvent = expression.reads.find(
    ({ keys: [variable] }) => variable === "event" || variable === "data",
  );
  if (ofEvent !== undefined)
    problems.error(at(path, key), "a property holds whatever the event was: it cannot read event or data");
  if (expression.type !== "bool" && expression.type !== "dyn")
    problems.error(at(path, key), `a property must be true or false, this is of type ${expression.type}`);
  return expression;
}

/** A property that does not hold, and why. */
export interface Breach {
  readonly property: Property;
  readonly message: string;
}

/** Looks at all properties in a situation. */
export function judge(
  properties: readonly Property[],
  released: Released,
  rehearsed: Rehearsed,
  situation: Situation,
): { readonly released: Released; readonly breaches: readonly Breach[] } {
  if (properties.length === 0) return { released, breaches: [] };
  const env = envIn({ ...rehearsed, observer: undefined }, situation);
  const run = new Run(rehearsed.machine, situation.snapshot, { type: "", data: undefined, env });
  const now = new Set(released);
  const breaches: Breach[] = [];
  for (const [index, property] of properties.entries()) {
    const { kind, expression, holds } = property;
    if (kind === "until") {
      if (now.has(index)) continue;
      if (resultOf(expression, run) === true) {
        now.add(index);
        continue;
      }
    }
    const judged = kind === "until" ? holds : expression;
    if (judged === undefined) continue;
    const value = resultOf(judged, run);
    if (value === (kind !== "never")) continue;
    breaches.push({ property, message: messageOf(judged, value, run) });
  }
  return { released: now.size === released.size ? released : now, breaches };
}

function resultOf(expression: Expression, run: Run): Json | ExpressionFailure {
  try {
    return expression.evaluate(run);
  } catch (error) {
    if (error instanceof ExpressionFailure) return error;
    throw error;
  }
}

function messageOf(expression: Expression, result: Json | ExpressionFailure, run: Run): string {
  const found =
    result instanceof ExpressionFailure ? `cannot be evaluated: ${result.message}` : `is ${shown(result)}`;
  const reads = expression.reads.map((read) => {
    const value = readValue(read, run);
    return value === undefined ? `${read.path} is missing` : `${read.path} = ${shown(value)}`;
  });
  return `${expression.source} ${found}${reads.length === 0 ? "" : ` (${reads.join(", ")})`}`;
}
