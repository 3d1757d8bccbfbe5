/** Fields, indices and `has`: what reads inside a value. */
import {
  type Closure,
  type Compiled,
  type Compiler,
  compileTree,
  mayBe,
  refuse,
  textOf,
} from "./expressions-compiler.ts";
import { show } from "./expressions-show.ts";
import type { TreeOf } from "./expressions-tree.ts";
import { Failure, isMapValue, keysOf, kindOf, NONE, Optional, valueUnder } from "./expressions-values.ts";
import { nearest } from "./problems.ts";

/** `a.b` and `a.?b`. */
export function compileSelect(tree: TreeOf<"select">, compiler: Compiler): Compiled {
  const { field, isOptional } = tree;
  const target = compileTree(tree.target, compiler);
  if (!mayBe(target.type, "map|optional")) {
    return refuse(tree, `a ${target.type} has no field '${field}'${insteadOf(tree, compiler, target.type)}`);
  }
  const ofOptional = isOptional || target.type === "optional";
  const run = isOptional ? optionalField(target.run, tree) : fieldOf(target.run, { tree, compiler });
  return { run, type: ofOptional ? "optional" : "dyn" };
}

type Site = { readonly tree: TreeOf<"select">; readonly compiler: Compiler };

function fieldOf(target: Closure, site: Site): Closure {
  const { tree, compiler } = site;
  const { field } = tree;
  const below = tree.target;
  // The most frequent reads go without the detour over a closure for the variable.
  if (below.op === "name" && !compiler.cells.has(below.name) && !compiler.locals.includes(below.name)) {
    if (below.name === "context") {
      return (scope) => {
        const found = own(scope.context, field);
        return found === undefined ? missing(scope.context, site) : found;
      };
    }
    if (below.name === "event" && field === "type") return (scope) => scope.eventType;
    if (below.name === "event") {
      return (scope) => {
        const found = own(scope.eventData, field);
        return found === undefined ? missing(target(scope), site) : found;
      };
    }
  }
  return (scope) => {
    const value = target(scope);
    const found = own(value, field);
    return found === undefined ? select(value, site) : found;
  };
}

/** The field of a JSON object, undefined where the value is none or has no such field. */
function own(value: unknown, field: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, field)) {
    return undefined;
  }
  // Why a cast: fields of other values than objects of JSON are private.
  return (value as Readonly<Record<string, unknown>>)[field];
}

function select(value: unknown, site: Site): unknown {
  const { field } = site.tree;
  if (value instanceof Failure) return value;
  if (value instanceof Optional) {
    if (value.value === undefined) return NONE;
    if (value.value instanceof Optional || isMapValue(value.value))
      return optionalOf(value.value, field, site.tree);
    return noField(value.value, site);
  }
  if (!isMapValue(value)) return noField(value, site);
  const found = valueUnder(value, field);
  return found === undefined ? missing(value, site) : found;
}

function missing(value: unknown, site: Site): unknown {
  const { tree, compiler } = site;
  const { field } = tree;
  if (!isMapValue(value)) return select(value, site);
  return new Failure(() => {
    const target = textOf(compiler, tree.target);
    const keys = keysOf(value).slice(0, 100).map(String);
    const near = nearest(field, keys);
    const advice =
      near === undefined ? `write ${target}.?${field}.orValue(…)` : `did you mean ${target}.${near}?`;
    return `${target} has no field '${field}'; ${advice}`;
  }).at(placeOf(tree));
}

/** Where the name of the field begins. */
function placeOf({ end, field }: TreeOf<"select">): number {
  return Math.max(0, end - field.length);
}

function noField(value: unknown, { tree, compiler }: Site): Failure {
  return new Failure(() => {
    const what = value === null ? "null" : `the ${kindOf(value)} ${show(value)}`;
    return `${textOf(compiler, tree.target)} is ${what}, which has no field '${tree.field}'${insteadOf(tree, compiler, kindOf(value))}`;
  }).at(placeOf(tree));
}

function insteadOf(tree: TreeOf<"select">, compiler: Compiler, type: string): string {
  const target = textOf(compiler, tree.target);
  if (["length", "size", "count"].includes(tree.field)) return `; write size(${target})`;
  if (type === "list") return `; an item is ${target}[0], a field of each ${target}.map(x, x.${tree.field})`;
  if (type === "null") return `; ask with ${target} != null first`;
  return "";
}

function optionalField(target: Closure, tree: TreeOf<"select">): Closure {
  return (scope) => optionalOf(target(scope), tree.field, tree);
}

/**
 * `a.?b` and `a[?b]`, and `a.b` where `a` is an optional: the value as an optional. Asked with `?`, what has no fields
 * at all has none of this name either.
 */
function optionalOf(value: unknown, key: unknown, tree: TreeOf<"select" | "index">): unknown {
  if (value instanceof Failure) return value;
  if (key instanceof Failure) return key;
  if (value instanceof Optional) return value.value === undefined ? NONE : optionalOf(value.value, key, tree);
  let found: unknown;
  if (isMapValue(value)) found = valueUnder(value, key);
  else if (Array.isArray(value) && typeof key === "number") found = itemAt(value, key);
  else if (!tree.isOptional) {
    return new Failure(() => `the ${kindOf(value)} ${show(value)} has no field or item ${show(key)}`).at(
      tree.start,
    );
  }
  if (found instanceof Failure) return found.at(tree.start);
  return found === undefined ? NONE : new Optional(found);
}

/** The item of a list, undefined beyond its end, a failure when the index is no whole number. */
function itemAt(list: readonly unknown[], index: unknown): unknown {
  if (typeof index === "number" && Number.isInteger(index)) {
    return index >= 0 && index < list.length ? list[index] : undefined;
  }
  return new Failure(() => `the index of a list is a whole number, this is ${kindOf(index)} ${show(index)}`);
}

/** `a[b]` and `a[?b]`. */
export function compileIndex(tree: TreeOf<"index">, compiler: Compiler): Compiled {
  const target = compileTree(tree.target, compiler);
  const index = compileTree(tree.index, compiler);
  if (!mayBe(target.type, "list|map|optional")) {
    const advice = target.type === "string" ? `; write ${textOf(compiler, tree.target)}.charAt(…)` : "";
    return refuse(tree, `a ${target.type} has no items${advice}`);
  }
  if (target.type === "list" && !mayBe(index.type, "number")) {
    return refuse(tree, `the index of a list is a whole number, this is a ${index.type}`);
  }
  if (tree.isOptional) {
    return { run: (scope) => optionalOf(target.run(scope), index.run(scope), tree), type: "optional" };
  }
  const run: Closure = (scope) => {
    const container = target.run(scope);
    const key = index.run(scope);
    if (Array.isArray(container) && typeof key === "number") {
      const item: unknown = container[key];
      if (item !== undefined) return item;
    }
    return at(container, key, { tree, compiler });
  };
  return { run, type: target.type === "optional" ? "optional" : "dyn" };
}

function at(
  container: unknown,
  key: unknown,
  { tree, compiler }: { readonly tree: TreeOf<"index">; readonly compiler: Compiler },
): unknown {
  if (container instanceof Failure) return container;
  if (key instanceof Failure) return key;
  if (container instanceof Optional) return optionalOf(container, key, tree);
  const target = textOf(compiler, tree.target);
  if (Array.isArray(container)) {
    const item = itemAt(container, key);
    if (item !== undefined) return item instanceof Failure ? item.at(tree.start) : item;
    return new Failure(
      () =>
        `index ${show(key)} is beyond the list: ${target} has size ${container.length}; write ${target}[?${textOf(compiler, tree.index)}].orValue(…)`,
    ).at(tree.start);
  }
  if (!isMapValue(container)) {
    return new Failure(() => {
      const advice = typeof container === "string" ? `; write ${target}.charAt(…)` : "";
      return `${target} is ${container === null ? "null" : `the ${kindOf(container)} ${show(container)}`}, which has no items${advice}`;
    }).at(tree.start);
  }
  const value = valueUnder(container, key);
  if (value !== undefined) return value;
  return new Failure(
    () => `${target} has no key ${show(key)}; write ${target}[?${textOf(compiler, tree.index)}].orValue(…)`,
  ).at(tree.start);
}

/** `has(a.b)`: whether there is a field. What is before the last point must be there. */
export function compileHas(tree: TreeOf<"call">, compiler: Compiler): Compiled {
  const [field] = tree.args;
  if (tree.args.length !== 1 || field?.op !== "select") {
    return refuse(
      tree,
      "has takes a field, such as has(event.amount); ask 'key' in map for a key that is computed",
    );
  }
  const target = compileTree(field.target, compiler);
  if (!mayBe(target.type, "map|optional")) {
    return refuse(field, `a ${target.type} has no field '${field.field}'`);
  }
  const site = { tree: field, compiler };
  const run: Closure = (scope) => {
    const value = target.run(scope);
    const found = isMapValue(value) ? valueUnder(value, field.field) : undefined;
    if (isMapValue(value)) return found !== undefined;
    const selected = select(value, site);
    if (selected instanceof Failure) return selected;
    return selected instanceof Optional && selected.value !== undefined;
  };
  return { run, type: "bool" };
}
