/**
 * Macros: functions whose arguments are evaluated again and again, or with variables of their own. `map`, `filter`,
 * `exists`, … over lists and the keys of maps; with two variables over index and item, or key and value.
 */
import {
  type Cell,
  type Closure,
  type Compiled,
  type Compiler,
  compileTree,
  mayBe,
  refuse,
  textOf,
} from "./expressions-compiler.ts";
import { goOver, inside, loopOf, nameIn } from "./expressions-loops.ts";
import { charge, chargeMap, FAILURE_COST, STEP_COST } from "./expressions-meter.ts";
import { show } from "./expressions-show.ts";
import { sorted } from "./expressions-sort.ts";
import { sizeOfTree, type Tree, type TreeOf } from "./expressions-tree.ts";
import { entriesOf, Failure, isMapValue, mapOf, NONE, Optional } from "./expressions-values.ts";

type Call = TreeOf<"call">;
type CompileMacro = (call: Call, target: Tree, compiler: Compiler) => Compiled;

/** The macros with a target, by name and number of arguments. */
const METHODS: Readonly<Record<string, CompileMacro>> = {
  "all 2": quantifier(1, "all"),
  "all 3": quantifier(2, "all"),
  "exists 2": quantifier(1, "exists"),
  "exists 3": quantifier(2, "exists"),
  "exists_one 2": quantifier(1, "one"),
  "exists_one 3": quantifier(2, "one"),
  "existsOne 2": quantifier(1, "one"),
  "existsOne 3": quantifier(2, "one"),
  "map 2": transform(1, false),
  "map 3": transform(1, true),
  "filter 2": filter,
  "transformList 3": transform(2, false),
  "transformList 4": transform(2, true),
  "transformMap 3": transformMap(false, false),
  "transformMap 4": transformMap(true, false),
  "transformMapEntry 3": transformMap(false, true),
  "transformMapEntry 4": transformMap(true, true),
  "sortBy 2": sortBy,
  "optMap 2": optional(false),
  "optFlatMap 2": optional(true),
  "orValue 1": orElse(false),
  "or 1": orElse(true),
};

const MACRO_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(METHODS).map((name) => name.split(" ")[0] ?? ""),
  "bind",
  "fold",
]);

/** The names of macros, for messages. */
export function isMacro(name: string): boolean {
  return MACRO_NAMES.has(name);
}

/** The macro that a call is; undefined when it is a function. */
export function compileMacro(call: Call, compiler: Compiler): Compiled | undefined {
  const { name, target, args } = call;
  if (name === "fold" && target === undefined && args.length === 5) return fold(call, compiler);
  if (target === undefined) return undefined;
  if (target.op === "name" && target.name === "cel" && name === "bind" && args.length === 3) {
    return bind(call, compiler);
  }
  const key = `${name} ${args.length}`;
  return Object.hasOwn(METHODS, key) ? METHODS[key]?.(call, target, compiler) : undefined;
}

function quantifier(count: 1 | 2, kind: "all" | "exists" | "one"): CompileMacro {
  return (call, target, compiler) => {
    const loop = loopOf(call, target, { compiler, count, bools: 1 });
    const holds = loop.bodies[0] ?? (() => false);
    const run: Closure = (scope) => {
      // Errors of single items count only when no other item decides; `exists_one` has to know of each.
      let failure: Failure | undefined;
      let found = 0;
      const decisive = kind !== "all";
      const ended = goOver(loop, loop.over(scope), () => {
        const value = holds(scope);
        if (value instanceof Failure) {
          if (kind === "one") return value;
          charge(FAILURE_COST);
          failure ??= value;
          return undefined;
        }
        if (value !== decisive) return undefined;
        found += 1;
        return kind === "one" ? undefined : decisive;
      });
      if (ended !== undefined) return ended;
      if (kind === "one") return found === 1;
      return failure ?? !decisive;
    };
    return { run, type: "bool" };
  };
}

/** `map` and `transformList`, with a condition in the middle or without. */
function transform(count: 1 | 2, isFiltered: boolean): CompileMacro {
  return (call, target, compiler) => {
    const loop = loopOf(call, target, { compiler, count, bools: isFiltered ? 1 : 0 });
    const bodies = loop.bodies;
    const value = bodies[isFiltered ? 1 : 0];
    const holds = isFiltered ? bodies[0] : undefined;
    const run: Closure = (scope) => {
      const items: unknown[] = [];
      const ended = goOver(loop, loop.over(scope), () => {
        const isTaken = holds === undefined ? true : holds(scope);
        if (isTaken !== true) return isTaken === false ? undefined : isTaken;
        const item = value?.(scope);
        if (item instanceof Failure) return item;
        items.push(item);
        return undefined;
      });
      return ended ?? items;
    };
    return { run, type: "list" };
  };
}

function filter(call: Call, target: Tree, compiler: Compiler): Compiled {
  const loop = loopOf(call, target, { compiler, count: 1, bools: 1 });
  const holds = loop.bodies[0] ?? (() => false);
  const run: Closure = (scope) => {
    const items: unknown[] = [];
    const ended = goOver(loop, loop.over(scope), (_, __, item) => {
      const isTaken = holds(scope);
      if (isTaken === true) items.push(item);
      return isTaken instanceof Failure ? isTaken : undefined;
    });
    return ended ?? items;
  };
  return { run, type: "list" };
}

/** `transformMap` gives each key a new value; `transformMapEntry` gives new keys too, as a map of one entry. */
function transformMap(isFiltered: boolean, isEntry: boolean): CompileMacro {
  return (call, target, compiler) => {
    const loop = loopOf(call, target, { compiler, count: 2, bools: isFiltered ? 1 : 0 });
    const bodies = loop.bodies;
    const value = bodies[isFiltered ? 1 : 0];
    const holds = isFiltered ? bodies[0] : undefined;
    const run: Closure = (scope) => {
      const map = new Map<unknown, unknown>();
      const ended = goOver(loop, loop.over(scope), (_, key) => {
        const isTaken = holds === undefined ? true : holds(scope);
        if (isTaken !== true) return isTaken === false ? undefined : isTaken;
        const item = value?.(scope);
        if (item instanceof Failure) return item;
        return isEntry ? addEntries(map, item) : void map.set(key, item);
      });
      chargeMap(map.size);
      return ended ?? mapOf(map);
    };
    return { run, type: "map" };
  };
}

function addEntries(map: Map<unknown, unknown>, entry: unknown): Failure | undefined {
  if (!isMapValue(entry))
    return new Failure(() => `transformMapEntry takes {key: value}, this is ${show(entry)}`);
  for (const [key, value] of entriesOf(entry)) {
    if (map.has(key)) return new Failure(() => `the key ${show(key)} is there twice`);
    map.set(key, value);
  }
  return undefined;
}

function sortBy(call: Call, target: Tree, compiler: Compiler): Compiled {
  const loop = loopOf(call, target, { compiler, count: 1, bools: 0 });
  const by = loop.bodies[0] ?? (() => null);
  const run: Closure = (scope) => {
    const pairs: { readonly item: unknown; readonly by: unknown }[] = [];
    const ended = goOver(loop, loop.over(scope), (_, __, item) => {
      const value = by(scope);
      if (value instanceof Failure) return value;
      pairs.push({ item, by: value });
      return undefined;
    });
    return ended ?? sorted(pairs);
  };
  return { run, type: "list" };
}

function optional(isFlat: boolean): CompileMacro {
  return (call, target, compiler) => {
    const over = compileTree(target, compiler);
    if (!mayBe(over.type, "optional"))
      return refuse(call, `${call.name} takes an optional, this is a ${over.type}`);
    const cell: Cell = { value: null };
    const [, body] = call.args;
    const value = compileTree(body ?? call, inside(compiler, call, [[nameIn(call, 0), cell]]));
    const run: Closure = (scope) => {
      const given = over.run(scope);
      if (given instanceof Failure) return given;
      if (!(given instanceof Optional))
        return new Failure(() => `${call.name} takes an optional, this is ${show(given)}`);
      if (given.value === undefined) return NONE;
      cell.value = given.value;
      const result = value.run(scope);
      if (result instanceof Failure) return result;
      if (!isFlat) return new Optional(result);
      return result instanceof Optional
        ? result
        : new Failure(() => `optFlatMap gives an optional, this is ${show(result)}`);
    };
    return { run, type: "optional" };
  };
}

/** `orValue` and `or`: the other value is evaluated only where there is none. */
function orElse(isOptional: boolean): CompileMacro {
  return (call, target, compiler) => {
    const { run, type } = compileTree(target, compiler);
    const [tree] = call.args;
    const other = compileTree(tree ?? call, compiler);
    const what = textOf(compiler, target);
    const advice = what.replace(/\.(\w+)$/, ".?$1");
    const reason = `${call.name} takes an optional, ${what} is none; write ${advice}.${call.name}(…)`;
    if (!mayBe(type, "optional")) return refuse(call, reason);
    if (isOptional && !mayBe(other.type, "optional"))
      return refuse(call, "or takes another optional; write orValue(…)");
    const missing = new Failure(reason).at(call.start);
    return {
      run: (scope) => {
        const value = run(scope);
        if (value instanceof Failure) return value;
        if (!(value instanceof Optional)) return missing;
        if (value.value === undefined) return other.run(scope);
        return isOptional ? value : value.value;
      },
      type: isOptional ? "optional" : "dyn",
    };
  };
}

/** `cel.bind(x, value, expression)`: a name for a value that is needed more than once. */
function bind(call: Call, compiler: Compiler): Compiled {
  const [, given, body] = call.args;
  const cell: Cell = { value: null };
  const value = compileTree(given ?? call, compiler);
  const result = compileTree(body ?? call, inside(compiler, call, [[nameIn(call, 0), cell]]));
  const run: Closure = (scope) => {
    const bound = value.run(scope);
    if (bound instanceof Failure) return bound;
    cell.value = bound;
    return result.run(scope);
  };
  return { run, type: result.type };
}

/** `fold(list, acc, item, init, expression)`: from the first item to the last, each result is the next `acc`. */
function fold(call: Call, compiler: Compiler): Compiled {
  const [list, accName, itemName, init, body] = call.args;
  if (
    list === undefined ||
    accName === undefined ||
    itemName === undefined ||
    init === undefined ||
    body === undefined
  ) {
    return refuse(call, "fold takes (list, acc, item, init, expression)");
  }
  const initial = compileTree(init, compiler);
  const accumulator: Cell = { value: null };
  const loop = loopOf({ ...call, args: [itemName] }, list, { compiler, count: 1, bools: 0 });
  const [item] = loop.cells;
  const names: [string, Cell][] = [[nameIn(call, 1), accumulator]];
  if (item !== undefined) names.push([nameIn(call, 2), item]);
  const step = compileTree(body, inside(compiler, call, names)).run;
  const counted = { ...loop, cost: STEP_COST + sizeOfTree(body) };
  const run: Closure = (scope) => {
    const start = initial.run(scope);
    if (start instanceof Failure) return start;
    const over = loop.over(scope);
    accumulator.value = start;
    const ended = goOver(counted, over, () => {
      const value = step(scope);
      if (value instanceof Failure) return value;
      accumulator.value = value;
      return undefined;
    });
    return ended ?? accumulator.value;
  };
  return { run, type: "dyn" };
}
