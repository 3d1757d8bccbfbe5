/** What must hold of a machine after every step: conditions of its definition that a change may not break. */
import { isJsonObject, type Json } from "../base/json.ts";
import { type Linker, linkExpression } from "./compile-expressions.ts";
import { ExpressionFailure, readValue } from "./expressions.ts";
import { Run } from "./interpreter.ts";
import type { Invariant, Machine } from "./machine.ts";
import { at, checkKeys, kindOf, readText } from "./problems.ts";
import { shown } from "./refusal.ts";
import type { Env, Snapshot } from "./types.ts";

/** Reads `invariants` of a definition: `[{"name", "expr"}, …]`. */
export function linkInvariants(linker: Linker, json: Json | undefined): readonly Invariant[] {
  const path = "$.invariants";
  if (json === undefined) return [];
  if (!Array.isArray(json)) {
    linker.problems.error(path, `invariants takes a list of {"name", "expr"}, this is ${kindOf(json)}`);
    return [];
  }
  return json.flatMap((item, index) => linkInvariant(linker, item, at(path, index)) ?? []);
}

function linkInvariant(linker: Linker, json: Json, path: string): Invariant | undefined {
  const { problems } = linker;
  if (!isJsonObject(json)) {
    problems.error(path, `an invariant is {"name", "expr"}, this is ${kindOf(json)}`);
    return undefined;
  }
  checkKeys(json, path, { allowed: ["name", "expr", "description"], what: "an invariant", problems });
  const name = readText(json, "name", path, problems);
  const source = readText(json, "expr", path, problems);
  if (name === undefined || name === "") problems.error(at(path, "name"), "an invariant needs a name");
  if (source === undefined) {
    problems.error(at(path, "expr"), "an invariant needs an expression that must hold");
    return undefined;
  }
  const expression = linkExpression(linker, source, at(path, "expr"));
  if (expression === undefined || name === undefined) return undefined;
  if (expression.type !== "bool" && expression.type !== "dyn")
    problems.error(
      at(path, "expr"),
      `an invariant must be true or false, this is of type ${expression.type}`,
    );
  if (expression.reads.some(({ keys: [variable] }) => variable === "event" || variable === "data"))
    problems.error(at(path, "expr"), "an invariant holds whatever the event: it cannot read event or data");
  return { name, expression };
}

/** The first invariant that does not hold, with the values it read; undefined when all hold. */
export function brokenInvariant(run: Run, invariants = run.machine.invariants): string | undefined {
  for (const { name, expression } of invariants) {
    const failure = failureOf(() => expression.evaluate(run));
    if (failure === undefined) continue;
    const values = expression.reads.map((read) => {
      const value = readValue(read, run);
      return value === undefined ? `${read.path} is missing` : `${read.path} = ${shown(value)}`;
    });
    const detail = [...(failure === "" ? [] : [failure]), ...values].join(", ");
    return `${name}: ${expression.source}${detail === "" ? "" : ` (${detail})`}`;
  }
  return undefined;
}

/** The same for a machine that was changed other than by a step. */
export function breachOf(
  machine: Machine,
  snapshot: Snapshot,
  env: Env,
  invariants = machine.invariants,
): string | undefined {
  return brokenInvariant(new Run(machine, snapshot, { type: "", data: undefined, env }), invariants);
}

/** Undefined when it is true; empty when it is false; why there is no answer. */
function failureOf(evaluate: () => Json): string | undefined {
  try {
    const value = evaluate();
    if (value === true) return undefined;
    return value === false ? "" : `it is ${shown(value)}, which is neither true nor false`;
  } catch (error) {
    if (error instanceof ExpressionFailure) return error.message;
    throw error;
  }
}
