/** Calls of functions: which there are, which of them a call means, and what to write where it means none. */
import {
  type Closure,
  type Compiled,
  type Compiler,
  compileTree,
  mayBe,
  nameOfType,
  refuse,
  textOf,
} from "./expressions-compiler.ts";
import { CONVERT_RULES } from "./expressions-convert.ts";
import { DATE_RULES } from "./expressions-dates.ts";
import { FORMAT_RULES } from "./expressions-format.ts";
import { adviceOnCall, isForeign } from "./expressions-hints.ts";
import { LIST_RULES } from "./expressions-lists.ts";
import { MATH_RULES } from "./expressions-math.ts";
import { chargeValue } from "./expressions-meter.ts";
import { compilePattern, PATTERN_FUNCTIONS, REGEX_RULES } from "./expressions-regex.ts";
import type { Kind, Rule } from "./expressions-rules.ts";
import { show } from "./expressions-show.ts";
import { TEXT_RULES } from "./expressions-texts.ts";
import type { TreeOf } from "./expressions-tree.ts";
import { Failure, isMapValue, kindOf } from "./expressions-values.ts";

type Call = TreeOf<"call">;

const RULES = new Map<string, Rule[]>();
for (const one of [
  ...TEXT_RULES,
  ...FORMAT_RULES,
  ...MATH_RULES,
  ...LIST_RULES,
  ...CONVERT_RULES,
  ...DATE_RULES,
  ...REGEX_RULES,
]) {
  RULES.set(one.name, [...(RULES.get(one.name) ?? []), one]);
}

/** The names of all functions; those of methods begin with a point. */
export const FUNCTION_NAMES: readonly string[] = [...RULES.keys()];

const NAMESPACES: ReadonlySet<string> = new Set([
  "cel",
  ...FUNCTION_NAMES.filter((name) => name.indexOf(".") > 0).map((name) => name.slice(0, name.indexOf("."))),
]);

/** True for `math`, `json`, …, which are no values. */
export function isNamespace(name: string): boolean {
  return NAMESPACES.has(name);
}

/** The function a call means, applied. @throws RefusedExpression */
export function compileCall(call: Call, compiler: Compiler): Compiled {
  const name = nameOf(call, compiler);
  if (isForeign(call.target) && !isVisible(call.target.name, compiler)) {
    const written = `${call.target.name}.${call.name}`;
    return refuse(call, `there is no function ${written}${adviceOnCall(call, compiler, FUNCTION_NAMES)}`);
  }
  const isMethod = name.startsWith(".");
  const trees = isMethod && call.target !== undefined ? [call.target, ...call.args] : call.args;
  const named = RULES.get(name);
  if (named === undefined) {
    return refuse(
      call,
      `there is no function ${isMethod ? name.slice(1) : name}${adviceOnCall(call, compiler, FUNCTION_NAMES)}`,
    );
  }
  const args = trees.map((tree) => compileTree(tree, compiler));
  const types = args.map(({ type }) => type);
  const rules = named.filter(
    ({ kinds }) => kinds.length === types.length && kinds.every((kind, i) => mayBe(types[i] ?? "dyn", kind)),
  );
  const [first] = rules;
  if (first === undefined) {
    const found = types.map(nameOfType);
    return refuse(call, mismatch(call, { compiler, named, found }));
  }
  const closures = args.map(({ run }) => run);
  usePattern(call, { name, args, closures });
  const run = applied(call, { compiler, rules, closures });
  const isOne = rules.every(({ result }) => result === first.result);
  return { run, type: isOne ? first.result : "dyn" };
}

/** `size`, `.startsWith` or `math.round`. */
function nameOf({ name, target }: Call, compiler: Compiler): string {
  if (target === undefined) return name;
  if (target.op !== "name" || isVisible(target.name, compiler)) return `.${name}`;
  return isNamespace(target.name) ? `${target.name}.${name}` : `.${name}`;
}

/** True for a variable of a macro or of this place, which hides a namespace. */
function isVisible(name: string, { cells, locals }: Compiler): boolean {
  return cells.has(name) || locals.includes(name);
}

/** Compiles a pattern that is written in quotes now. */
function usePattern(
  call: Call,
  given: { readonly name: string; readonly args: readonly Compiled[]; readonly closures: Closure[] },
): void {
  const { name, args, closures } = given;
  const pattern = args[1]?.constant;
  if (!PATTERN_FUNCTIONS.has(name) || typeof pattern !== "string") return;
  const compiled = compilePattern(pattern);
  if (compiled instanceof Failure)
    refuse(call.args.at(call.target === undefined || !name.startsWith(".") ? 1 : 0) ?? call, compiled.text);
  closures[1] = () => compiled;
}

/** Evaluates the arguments and applies the first rule whose kinds they are of. */
function applied(
  call: Call,
  given: {
    readonly compiler: Compiler;
    readonly rules: readonly Rule[];
    readonly closures: readonly Closure[];
  },
): Closure {
  const { compiler, rules, closures } = given;
  const { start } = call;
  const candidates = rules.map(({ kinds, apply }) => ({ checks: kinds.map((kind) => CHECKS[kind]), apply }));
  const none = (values: readonly unknown[]): Failure =>
    values.find((value) => value instanceof Failure) ??
    new Failure(() => mismatch(call, { compiler, named: rules, found: values.map(kindOf), values })).at(
      start,
    );
  const [only] = candidates;
  const direct =
    candidates.length === 1 && only !== undefined ? directly(only, { closures, start, none }) : undefined;
  if (direct !== undefined) return direct;
  return (scope) => {
    const values: unknown[] = [];
    for (const closure of closures) values.push(closure(scope));
    for (const { checks, apply } of candidates) {
      if (!checks.every((isOf, i) => isOf(values[i]))) continue;
      for (const value of values) chargeValue(value);
      return finished(apply(...values), start);
    }
    return none(values);
  };
}

type Check = (value: unknown) => boolean;
type Candidate = { readonly checks: readonly Check[]; readonly apply: Rule["apply"] };

/** One rule of one or two arguments, which most calls are, without a list of them. */
function directly(
  { checks, apply }: Candidate,
  given: {
    readonly closures: readonly Closure[];
    readonly start: number;
    readonly none: (values: readonly unknown[]) => Failure;
  },
): Closure | undefined {
  const { closures, start, none } = given;
  const [a, b] = closures;
  const [isA, isB] = checks;
  if (closures.length === 1 && a !== undefined && isA !== undefined) {
    return (scope) => {
      const value = a(scope);
      if (!isA(value)) return none([value]);
      chargeValue(value);
      return finished(apply(value), start);
    };
  }
  if (closures.length !== 2 || a === undefined || b === undefined || isA === undefined || isB === undefined) {
    return undefined;
  }
  return (scope) => {
    const first = a(scope);
    const second = b(scope);
    if (!isA(first) || !isB(second)) return none([first, second]);
    chargeValue(first);
    chargeValue(second);
    return finished(apply(first, second), start);
  };
}

/** What a function gave, with its place if that is a failure. */
function finished(result: unknown, start: number): unknown {
  if (typeof result === "boolean") return result;
  if (typeof result === "object" && result instanceof Failure) return result.at(start);
  chargeValue(result);
  return result;
}

const CHECKS: Readonly<Record<Kind, Check>> = {
  dyn: (value) => !(value instanceof Failure),
  // A pattern stands for its text.
  string: (value) => typeof value === "string" || kindOf(value) === "string",
  number: (value) => typeof value === "number",
  int: (value) => Number.isSafeInteger(value),
  bool: (value) => typeof value === "boolean",
  list: (value) => Array.isArray(value),
  map: isMapValue,
  timestamp: (value) => kindOf(value) === "timestamp",
  duration: (value) => kindOf(value) === "duration",
  optional: (value) => kindOf(value) === "optional",
};

/** What the function takes and what it was given. */
function mismatch(
  call: Call,
  given: {
    readonly compiler: Compiler;
    readonly named: readonly Rule[];
    readonly found: readonly string[];
    readonly values?: readonly unknown[];
  },
): string {
  const { compiler, named, found, values } = given;
  const isMethod = named[0]?.name.startsWith(".") === true;
  const name = isMethod ? call.name : (named[0]?.name ?? call.name);
  const shown = found.map((kind, i) => (values === undefined ? kind : `${kind} ${show(values[i])}`));
  const signatures = [...new Set(named.map(({ kinds }) => signature(name, kinds, isMethod)))].slice(0, 4);
  const was = isMethod
    ? `${name}(${shown.slice(1).join(", ")}) of ${shown[0] ?? "nothing"}`
    : `${name}(${shown.join(", ")})`;
  return `there is no ${was}, there is ${signatures.join(", ")}${adviceOnMismatch(call, compiler, found)}`;
}

function signature(name: string, kinds: readonly Kind[], isMethod: boolean): string {
  const names = kinds.map((kind) => (kind === "dyn" ? "any" : kind));
  return isMethod
    ? `${names[0] ?? ""}.${name}(${names.slice(1).join(", ")})`
    : `${name}(${names.join(", ")})`;
}

function adviceOnMismatch(call: Call, compiler: Compiler, found: readonly string[]): string {
  const target = call.target === undefined ? "" : textOf(compiler, call.target);
  const argument = call.args[0] === undefined ? "x" : textOf(compiler, call.args[0]);
  const isText = found[0] === "string" || found[1] === "string";
  if (call.name === "contains" && (found[0] === "list" || found[0] === "map" || !isText)) {
    return `; write ${argument} in ${target}`;
  }
  if (found.includes("null")) return "; ask with == null first";
  if (found.includes("optional")) return "; say what to take when there is no value: .orValue(…)";
  if (/^get[A-Z]/.test(call.name))
    return `; write timestamp(${target}).${call.name}(${call.args.length > 0 ? argument : ""})`;
  return "";
}
