/**
 * The evaluator: each node of the tree becomes a closure, once, when the definition is created. A closure answers with
 * a value or with a failure; it throws only to end the whole evaluation (`expressions-meter.ts`). What can be known
 * without an event is checked here: names, functions, and types as far as they are known.
 */
import { compileHas, compileIndex, compileSelect } from "./expressions-access.ts";
import { compileCall, isNamespace } from "./expressions-calls.ts";
import {
  ARITHMETIC,
  type Closure,
  type Compiled,
  type Compiler,
  compileTree,
  mayBe,
  nameOfType,
  refuse,
  textOf,
} from "./expressions-compiler.ts";
import { compileMacro } from "./expressions-macros.ts";
import { charge, FAILURE_COST } from "./expressions-meter.ts";
import { adviceOn, BINARY, finite, typeOfOperation } from "./expressions-operators.ts";
import { show } from "./expressions-show.ts";
import type { Tree, TreeOf } from "./expressions-tree.ts";
import { CelType, Failure, isKey, kindOf, mapOf, Optional } from "./expressions-values.ts";
import { typeOfVariable, variableReader, variablesFor } from "./expressions-variables.ts";
import { nearest } from "./problems.ts";

/** The closure of a tree. @throws RefusedExpression */
export function compile(tree: Tree, compiler: Compiler): Compiled {
  switch (tree.op) {
    case "literal": {
      const { value } = tree;
      return { run: () => value, type: kindOf(value), constant: value };
    }
    case "name":
      return compileName(tree, compiler);
    case "select":
      return compileNamedType(tree) ?? compileSelect(tree, compiler);
    case "index":
      return compileIndex(tree, compiler);
    case "call":
      if (tree.name === "has" && tree.target === undefined) return compileHas(tree, compiler);
      return compileMacro(tree, compiler) ?? compileCall(tree, compiler);
    case "list":
      return compileList(tree, compiler);
    case "map":
      return compileMap(tree, compiler);
    case "unary":
      return compileUnary(tree, compiler);
    case "binary":
      return compileBinary(tree, compiler);
    case "logic":
      return compileLogic(tree, compiler);
    case "choice":
      return compileChoice(tree, compiler);
  }
}

/** Names of types, as `type(x)` gives them. There is one kind of number. */
const NUMBER_TYPES: ReadonlySet<string> = new Set(["int", "uint", "double"]);
const TYPES: ReadonlySet<string> = new Set([
  "bool",
  "string",
  "list",
  "map",
  "null_type",
  "type",
  "optional_type",
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
]);

function typeNamed(name: string): Compiled | undefined {
  if (NUMBER_TYPES.has(name)) return constantOf(new CelType("number"));
  return TYPES.has(name) ? constantOf(new CelType(name)) : undefined;
}

function compileName(tree: TreeOf<"name">, compiler: Compiler): Compiled {
  const { name } = tree;
  const cell = compiler.cells.get(name);
  if (cell !== undefined) return { run: () => cell.value, type: "dyn" };
  if (compiler.locals.includes(name)) {
    return { run: (scope) => scope.locals?.[name] ?? null, type: "dyn" };
  }
  const read = variableReader(name);
  if (read !== undefined) return { run: read, type: typeOfVariable(name) };
  return typeNamed(name) ?? unknownName(tree, compiler);
}

function unknownName(tree: TreeOf<"name">, compiler: Compiler): never {
  const { name } = tree;
  const names = [...new Set([...variablesFor(compiler.locals), ...compiler.cells.keys()])];
  if (isNamespace(name)) return refuse(tree, `${name} is not a value; write ${name}.function(…)`);
  const near = nearest(name, names);
  return refuse(
    tree,
    `Unknown variable: ${name}; ${near === undefined ? "" : `did you mean ${near}? `}there are ${names.join(", ")}, and a string is written "'${name}'"`,
    name,
  );
}

function constantOf(value: unknown): Compiled {
  return { run: () => value, type: kindOf(value), constant: value };
}

/** `google.protobuf.Duration`, which is a name with points in it. */
function compileNamedType(tree: TreeOf<"select">): Compiled | undefined {
  const inner = tree.target;
  if (inner.op !== "select" || inner.target.op !== "name") return undefined;
  return typeNamed(`${inner.target.name}.${inner.field}.${tree.field}`);
}

function compileList(tree: TreeOf<"list">, compiler: Compiler): Compiled {
  const items = tree.items.map(({ value, isOptional }) => {
    const item = compileTree(value, compiler);
    if (isOptional && !mayBe(item.type, "optional"))
      refuse(value, `[?…] takes an optional, this is a ${item.type}`);
    return { run: item.run, isOptional };
  });
  const run: Closure = (scope) => {
    const values: unknown[] = [];
    charge(1 + items.length);
    for (const item of items) {
      const value = item.run(scope);
      if (value instanceof Failure) return value;
      if (!item.isOptional) values.push(value);
      else if (!(value instanceof Optional))
        return new Failure(`[?…] takes an optional, this is ${show(value)}`);
      else if (value.value !== undefined) values.push(value.value);
    }
    return values;
  };
  return { run, type: "list" };
}

function compileMap(tree: TreeOf<"map">, compiler: Compiler): Compiled {
  const entries = tree.entries.map(({ key, value, isOptional }) => ({
    key: compileTree(key, compiler),
    start: key.start,
    value: compileTree(value, compiler).run,
    isOptional,
  }));
  for (const [i, { key }] of entries.entries()) {
    const isBad = "constant" in key ? !isKey(key.constant) : !mayBe(key.type, "string|number|bool");
    const place = tree.entries[i]?.key ?? tree;
    if (isBad)
      refuse(place, "a key is a string, a whole number, true or false; a name as key is written 'name'");
  }
  const run: Closure = (scope) => {
    const map = new Map<unknown, unknown>();
    charge(2 + 2 * entries.length);
    for (const entry of entries) {
      const key = entry.key.run(scope);
      if (key instanceof Failure) return key;
      if (!isKey(key)) return new Failure(() => `${show(key)} cannot be a key`).at(entry.start);
      if (map.has(key)) return new Failure(() => `the key ${show(key)} is there twice`).at(entry.start);
      const value = entry.value(scope);
      if (value instanceof Failure) return value;
      if (!entry.isOptional) map.set(key, value);
      else if (!(value instanceof Optional))
        return new Failure("{?key: …} takes an optional").at(entry.start);
      else if (value.value !== undefined) map.set(key, value.value);
    }
    return mapOf(map);
  };
  return { run, type: "map" };
}

function compileUnary(tree: TreeOf<"unary">, compiler: Compiler): Compiled {
  const { run, type, constant } = compileTree(tree.operand, compiler);
  const [wanted, advice] =
    tree.sign === "!" ? ["bool", "! takes true or false"] : ["number|duration", "- takes a number"];
  if (!mayBe(type, wanted)) return refuse(tree, `${advice}, this is a ${nameOfType(type)}`);
  if (tree.sign === "-" && typeof constant === "number") return constantOf(-constant);
  const apply =
    tree.sign === "!"
      ? (value: unknown): unknown => (typeof value === "boolean" ? !value : undefined)
      : (value: unknown): unknown => (typeof value === "number" ? finite(-value) : undefined);
  return {
    run: (scope) => {
      const value = run(scope);
      const result = apply(value);
      if (result !== undefined) return result;
      if (value instanceof Failure) return value;
      return new Failure(() => `${advice}, this is ${kindOf(value)} ${show(value)}`).at(tree.start);
    },
    type: tree.sign === "!" ? "bool" : "number",
  };
}

function compileBinary(tree: TreeOf<"binary">, compiler: Compiler): Compiled {
  const left = compileTree(tree.left, compiler);
  const right = compileTree(tree.right, compiler);
  const type = typeOfOperation(tree.sign, left.type, right.type);
  if (type === undefined) {
    const [a, b] = [nameOfType(left.type), nameOfType(right.type)];
    return refuse(tree, `no operation ${a} ${tree.sign} ${b}${adviceOn(tree.sign, a, b)}`);
  }
  const apply = BINARY[tree.sign];
  if (apply === undefined) return refuse(tree, `there is no operator ${tree.sign}`);
  const [runLeft, runRight] = [left.run, right.run];
  const { start } = tree;
  const run: Closure = (scope) => {
    const value = apply(runLeft(scope), runRight(scope));
    return typeof value === "object" && value instanceof Failure ? value.at(start) : value;
  };
  return { run, type };
}

/**
 * `&&` and `||` are decided by either side: a failure on one side counts only when the other does not decide. A literal
 * decides at once, whatever is on the other side.
 */
function compileLogic(tree: TreeOf<"logic">, compiler: Compiler): Compiled {
  const decisive = tree.sign === "||";
  if ([tree.left, tree.right].some((side) => side.op === "literal" && side.value === decisive)) {
    return constantOf(decisive);
  }
  const left = compileCondition(tree.left, compiler);
  const right = compileCondition(tree.right, compiler);
  const run: Closure = (scope) => {
    const first = left(scope);
    if (first === decisive) return decisive;
    const second = right(scope);
    if (second === decisive) return decisive;
    if (typeof first === "boolean" && typeof second === "boolean") return !decisive;
    charge(FAILURE_COST);
    return typeof first === "boolean" ? second : first;
  };
  return { run, type: "bool" };
}

/** A closure that gives true, false or a failure. */
function compileCondition(tree: Tree, compiler: Compiler): Closure {
  const { run, type } = compileTree(tree, compiler);
  if (type === "bool") return run;
  const what = textOf(compiler, tree);
  if (!mayBe(type, "bool")) return refuse(tree, `${what} must be true or false, it is a ${nameOfType(type)}`);
  return (scope) => {
    const value = run(scope);
    if (typeof value === "boolean" || value instanceof Failure) return value;
    return new Failure(
      () =>
        `${what} must be true or false, it is ${kindOf(value)} ${show(value)}; write a comparison, such as ${what} != null`,
    ).at(tree.start);
  };
}

function compileChoice(tree: TreeOf<"choice">, compiler: Compiler): Compiled {
  const condition = compileCondition(tree.condition, compiler);
  const yes = compileTree(tree.yes, compiler);
  const no = compileTree(tree.no, compiler);
  const isSame = yes.type === no.type && yes.type !== ARITHMETIC;
  return {
    run: (scope) => {
      const holds = condition(scope);
      if (holds === true) return yes.run(scope);
      return holds === false ? no.run(scope) : holds;
    },
    type: isSame ? yes.type : "dyn",
  };
}
