/** The loops of macros: their variables, their bodies, and what a step costs. */
import {
  type Cell,
  type Closure,
  type Compiler,
  compileTree,
  mayBe,
  nameOfType,
  refuse,
  textOf,
} from "./expressions-compiler.ts";
import { charge, chargeEntries, STEP_COST } from "./expressions-meter.ts";
import { show } from "./expressions-show.ts";
import { sizeOfTree, type Tree, type TreeOf } from "./expressions-tree.ts";
import { entriesOf, Failure, isMapValue, keysOf, kindOf } from "./expressions-values.ts";

type Call = TreeOf<"call">;

/** A loop: what it goes over, its variables, and the closures of the body. */
export type Loop = {
  readonly over: Closure;
  readonly cells: readonly Cell[];
  readonly bodies: readonly Closure[];
  readonly cost: number;
  readonly call: Call;
  readonly compiler: Compiler;
};

/** What one step of a loop says: `undefined` to go on, anything else to end with. */
export type Step = (loop: Loop, key: unknown, value: unknown) => unknown;

/** The compiler of a body that sees these variables; one macro deeper. */
export function inside(
  compiler: Compiler,
  call: Call,
  cells: readonly (readonly [string, Cell])[],
): Compiler {
  const macroDepth = compiler.macroDepth + 1;
  if (macroDepth > compiler.limits.macroDepthMax) {
    refuse(call, `macros may be nested ${compiler.limits.macroDepthMax} deep`);
  }
  return { ...compiler, macroDepth, cells: new Map([...compiler.cells, ...cells]) };
}

/** The name of a variable that a macro makes. */
export function nameIn(call: Call, at: number): string {
  const tree = call.args[at];
  if (tree?.op === "name") return tree.name;
  const [list, variable] = [call.name, "x"];
  return refuse(
    tree ?? call,
    `${list} takes the name of a variable first, such as list.${list}(${variable}, …)`,
  );
}

/** The parts of a loop: `count` variables, and a body for each further argument. `bools` of them are conditions. */
export function loopOf(
  call: Call,
  target: Tree,
  given: { readonly compiler: Compiler; readonly count: number; readonly bools: number },
): Loop {
  const { compiler, count, bools } = given;
  const over = compileTree(target, compiler);
  if (!mayBe(over.type, "list|map")) {
    return refuse(
      call,
      `${call.name} goes over a list or a map, ${textOf(compiler, target)} is a ${nameOfType(over.type)}`,
    );
  }
  const cells = call.args
    .slice(0, count)
    .map((_, i): readonly [string, Cell] => [nameIn(call, i), { value: null }]);
  if (count === 2 && cells[0]?.[0] === cells[1]?.[0]) refuse(call, "the two variables need different names");
  const inner = inside(compiler, call, cells);
  const trees = call.args.slice(count);
  const bodies = trees.map((tree, i) => (i < bools ? condition(tree, inner) : compileTree(tree, inner).run));
  const cost = STEP_COST + trees.reduce((sum, tree) => sum + sizeOfTree(tree), 0);
  return { over: over.run, cells: cells.map(([, cell]) => cell), bodies, cost, call, compiler };
}

/** A body that must be true or false. */
function condition(tree: Tree, compiler: Compiler): Closure {
  const { run, type } = compileTree(tree, compiler);
  if (!mayBe(type, "bool")) {
    return refuse(tree, `${textOf(compiler, tree)} must be true or false, it is a ${nameOfType(type)}`);
  }
  return (scope) => {
    const value = run(scope);
    if (typeof value === "boolean" || value instanceof Failure) return value;
    return new Failure(
      () => `${textOf(compiler, tree)} must be true or false, it is ${kindOf(value)} ${show(value)}`,
    ).at(tree.start);
  };
}

/** Goes over a list or a map until a step ends it. With one variable it is the item or the key. */
export function goOver(loop: Loop, value: unknown, step: Step): unknown {
  const result = iterate(loop, value, step);
  // A definition lives long; what its expressions went over last should not.
  for (const cell of loop.cells) cell.value = null;
  return result;
}

function iterate(loop: Loop, value: unknown, step: Step): unknown {
  const { cells, cost, call, compiler } = loop;
  const [first, second] = cells;
  const isPair = second !== undefined;
  const take = (key: unknown, item: unknown): unknown => {
    charge(cost);
    if (first !== undefined) first.value = isPair ? key : item;
    if (second !== undefined) second.value = item;
    return step(loop, key, item);
  };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const result = take(i, value[i]);
      if (result !== undefined) return result;
    }
    return undefined;
  }
  if (value instanceof Failure) return value;
  if (!isMapValue(value)) {
    const target = call.target === undefined ? "this" : textOf(compiler, call.target);
    return new Failure(
      () =>
        `${call.name} goes over a list or a map, ${target} is ${value === null ? "null" : `${kindOf(value)} ${show(value)}`}`,
    ).at(call.start);
  }
  const entries = isPair ? entriesOf(value) : keysOf(value).map((key) => [key, key] as const);
  chargeEntries(entries.length);
  for (const [key, item] of entries) {
    const result = take(key, item);
    if (result !== undefined) return result;
  }
  return undefined;
}
