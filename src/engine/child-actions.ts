/** Children that a step asks for: machines that belong to the one that makes them. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { build, textOf } from "./action-values.ts";
import { childIdFault } from "./child-ids.ts";
import { localsOf } from "./inexact-data.ts";
import { ExecutionFailure, type Run } from "./interpreter.ts";
import type { Child } from "./machine.ts";
import { kindOf } from "./problems.ts";
import { shown } from "./refusal.ts";

/** Children that one `each` makes. */
export const EACH_MAX = 1000;

/** Asks for a child, or for one for each item of a list. @throws ExecutionFailure */
export function spawn(run: Run, child: Child): void {
  const { each, path } = child;
  const id = textOf(run, child.id, path);
  const fault = childIdFault(id);
  if (fault !== undefined)
    throw new ExecutionFailure(`${path}: ${shown(id)} is not an id of a child: ${fault}`);
  const src = textOf(run, child.src, path);
  const inputs = each === undefined ? [inputOf(run, child)] : inputsOf(run, child, build(run, each, path));
  run.effects.push({ kind: "spawn", child: { id, src, inputs, isList: each !== undefined } });
}

/** The input for each item, with the variables `item` and `index`. */
function inputsOf(run: Run, child: Child, items: Json): JsonObject[] {
  const { path } = child;
  if (!Array.isArray(items))
    throw new ExecutionFailure(
      `${path}: each goes through a list, this is ${kindOf(items)} (${shown(items)})`,
    );
  if (items.length > EACH_MAX)
    throw new ExecutionFailure(
      `${path}: each goes through ${EACH_MAX} items at most, there are ${items.length}`,
    );
  const outer = run.locals;
  const inputs = items.map((item, index) => {
    run.locals = localsOf(outer, { item, index });
    return inputOf(run, child);
  });
  run.locals = outer;
  return inputs;
}

function inputOf(run: Run, { input, path }: Child): JsonObject {
  if (input === undefined) return {};
  const value = build(run, input, `${path}.input`);
  if (isJsonObject(value)) return value;
  throw new ExecutionFailure(
    `${path}.input: the input of a child is an object, because its fields go into the context; this is ${kindOf(value)}`,
  );
}
