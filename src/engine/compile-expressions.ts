/** Expressions as they are in definitions: templates, guards, delays. Each text is compiled once per definition. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Draft, DraftState } from "./draft.ts";
import { DELAY_FORMS, durationIn, durationOf, parseDuration, parseInstant } from "./durations.ts";
import { compileExpression, type Expression, ExpressionFailure, type Template } from "./expressions.ts";
import { ARITHMETIC } from "./expressions-compiler.ts";
import type { ExpressionLimits, Scope } from "./expressions-scope.ts";
import type { Action, Delay, Guard, Join } from "./machine.ts";
import { at, checkKeys, kindOf, nearest, type Problems } from "./problems.ts";
import { resolveState } from "./targets.ts";

/** What is known of definitions beside the one that is compiled. */
export type References = {
  /** The name it is to have, where that is known: it cannot name itself. */
  readonly own?: string | undefined;
  /** The `name:version` that a name, with or without a version, stands for; undefined where there is no such definition. */
  resolve(src: string): string | undefined;
};

/** What the second pass of a compilation carries around. */
export type Linker = {
  readonly draft: Draft;
  readonly problems: Problems;
  readonly limits: ExpressionLimits;
  /** Compiled texts, by the variables of the place and the text. */
  readonly expressions: Map<string, ReturnType<typeof compileExpression>>;
  /** Where states start, for the histories below them that name no target. */
  readonly starts: Map<DraftState, Initial>;
  /** Joins compiled so far, in document order. */
  readonly joins: Join[];
  /** The definitions of children. */
  readonly references: References;
  /** Those among them that were named, as they are written. */
  readonly sources: Set<string>;
  /** Variables that exist only where the linker is at work, such as `item` and `index`. */
  readonly locals?: readonly string[];
};

/** The linker where some more variables exist. */
export function withLocals(linker: Linker, ...names: readonly string[]): Linker {
  return { ...linker, locals: [...new Set([...(linker.locals ?? []), ...names])] };
}

/** A default transition: `initial` of a compound state, `target` of a history. */
export type Initial = { readonly targets: readonly number[]; readonly actions: readonly Action[] };

/** Compiles one text; undefined, with a problem, when it is refused. `ifSyntax` is advice for what is no CEL. */
export function linkExpression(
  linker: Linker,
  source: string,
  path: string,
  ifSyntax = "",
  ifName = "",
): Expression | undefined {
  const name = `${linker.locals?.join(" ") ?? ""}\n${source}`;
  let result = linker.expressions.get(name);
  if (result === undefined) {
    result = compileExpression(source, linker.limits, linker.locals);
    linker.expressions.set(name, result);
  }
  if (result.ok) {
    checkConstants(linker, result.expression, path);
    return result.expression;
  }
  const { reason, isSyntax, unknown } = result;
  const advice =
    isSyntax === true
      ? ifSyntax
      : unknown === undefined
        ? ""
        : whereIs(linker, unknown) || (source === unknown ? ifName : "");
  linker.problems.error(path, `${JSON.stringify(shorten(source))}: ${reason}${advice}`);
  return undefined;
}

/** Warns of constants there are not: what reads one fails each time, unless it asks with `has` first. */
function checkConstants({ draft, problems }: Linker, { reads }: Expression, path: string): void {
  for (const { keys } of reads) {
    const [variable, name] = keys;
    const constants = draft.root.json["constants"] ?? {};
    if (variable !== "constants" || name === undefined || !isJsonObject(constants)) continue;
    if (Object.hasOwn(constants, name)) continue;
    if (problems.isFull()) return;
    const hint = nearest(name, Object.keys(constants));
    problems.warn(
      path,
      `there is no constant '${name}'${hint === undefined ? "" : `; did you mean '${hint}'?`}`,
    );
  }
}

/** `; did you mean context.x?`, if the context or the constants have what is called like an unknown variable. */
function whereIs(linker: Linker, name: string): string {
  for (const place of ["context", "constants"]) {
    const values = linker.draft.root.json[place];
    if (isJsonObject(values) && Object.hasOwn(values, name)) return `; did you mean ${place}.${name}?`;
  }
  return "";
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Literal JSON in which every text is an expression. A refused text becomes null; a problem says so. */
export function linkTemplate(linker: Linker, json: Json, path: string): Template {
  if (typeof json === "string") return linkText(linker, json, path);
  if (Array.isArray(json)) {
    return linkList(
      json.map((item, index) => linkTemplate(linker, item, at(path, index))),
      json,
    );
  }
  if (isJsonObject(json)) {
    return linkObject(
      Object.entries(json).map(([key, item]) => [key, linkTemplate(linker, item, at(path, key))] as const),
      json,
    );
  }
  return constant(json);
}

/** Types that have no value in JSON, and what to write instead. */
const NO_JSON: Readonly<Record<string, string>> = {
  type: "a string is written \"'…'\"",
  optional: "say what to take when there is no value: .orValue(…)",
};

function linkText(linker: Linker, text: string, path: string): Template {
  const expression = linkExpression(linker, text, path, "; a string is written \"'…'\"");
  if (expression === undefined) return constant(null);
  const advice = NO_JSON[expression.type];
  if (advice !== undefined) {
    linker.problems.error(
      path,
      `${JSON.stringify(shorten(text))}: a value of type ${expression.type} is not JSON; ${advice}`,
    );
  }
  return { expressions: [expression], build: (scope) => expression.evaluate(scope) };
}

function constant(value: Json): Template {
  return { expressions: [], build: () => value };
}

function linkList(items: readonly Template[], json: Json): Template {
  const expressions = items.flatMap((item) => item.expressions);
  if (expressions.length === 0) return constant(json);
  return { expressions, build: (scope) => items.map((item) => item.build(scope)) };
}

function linkObject(entries: readonly (readonly [string, Template])[], json: Json): Template {
  const expressions = entries.flatMap(([, item]) => item.expressions);
  if (expressions.length === 0) return constant(json);
  return {
    expressions,
    build: (scope) => Object.fromEntries(entries.map(([key, item]) => [key, item.build(scope)])),
  };
}

/** A guard: an expression that is true or false, or a combination. Undefined, with a problem, when it is refused. */
export function linkGuard(
  linker: Linker,
  json: Json,
  place: { readonly path: string; readonly from: DraftState },
): Guard | undefined {
  const { problems } = linker;
  const { path } = place;
  if (typeof json === "string") {
    const expression = linkExpression(
      linker,
      json,
      path,
      "",
      "; a guard named in code is written out: the condition itself",
    );
    if (expression === undefined) return undefined;
    if (expression.type === "bool" || expression.type === "dyn") return { kind: "expression", expression };
    problems.error(
      path,
      `a guard must be true or false, ${JSON.stringify(shorten(json))} is of type ${expression.type}`,
    );
    return undefined;
  }
  const expected = 'a guard is an expression, {"and": […]}, {"or": […]}, {"not": …} or {"in": "#state"}';
  const named = isJsonObject(json) ? json["type"] : undefined;
  if (typeof named === "string") {
    problems.error(
      path,
      `'${named}' names code, which there is none of here: write the condition itself; ${expected}`,
    );
    return undefined;
  }
  const entries = isJsonObject(json) ? Object.entries(json) : [];
  const [kind, value] = entries[0] ?? [];
  if (entries.length !== 1 || kind === undefined || value === undefined) {
    problems.error(path, `${expected}; this is ${kindOf(json)}`);
    return undefined;
  }
  switch (kind) {
    case "and":
    case "or":
      return linkGuards(linker, kind, value, place);
    case "not": {
      const guard = linkGuard(linker, value, { ...place, path: at(path, kind) });
      return guard && { kind, guard };
    }
    case "in":
      return linkIn(linker, value, place);
    default:
      checkKeys(json as JsonObject, path, { allowed: ["and", "or", "not", "in"], what: "a guard", problems });
      return undefined;
  }
}

function linkGuards(
  linker: Linker,
  kind: "and" | "or",
  value: Json,
  place: { readonly path: string; readonly from: DraftState },
): Guard | undefined {
  const path = at(place.path, kind);
  if (!Array.isArray(value) || value.length === 0) {
    linker.problems.error(
      path,
      `${kind} takes a list of guards, this is ${Array.isArray(value) ? "empty" : kindOf(value)}`,
    );
    return undefined;
  }
  const guards = value
    .map((item, index) => linkGuard(linker, item, { ...place, path: at(path, index) }))
    .filter((guard) => guard !== undefined);
  return { kind, guards };
}

function linkIn(
  linker: Linker,
  value: Json,
  place: { readonly path: string; readonly from: DraftState },
): Guard | undefined {
  const path = at(place.path, "in");
  if (typeof value !== "string") {
    linker.problems.error(path, `in takes the name of a state ("#id" or "a.b"), this is ${kindOf(value)}`);
    return undefined;
  }
  const state = resolveState(linker.draft, { text: value, from: place.from, path }, linker.problems);
  return state && { kind: "in", state: state.index, source: `in ${value}` };
}

/** Types whose values may be lengths of time; those of points in time too, which are as long as they are away. */
const DELAY_TYPES: readonly string[] = ["dyn", "number", "string", ARITHMETIC, "duration", "timestamp"];

/** A delay: a number of milliseconds, a duration, or an expression for either. */
export function linkDelay(linker: Linker, json: Json, path: string): Delay | undefined {
  const expected = `a delay is ${DELAY_FORMS}`;
  if (typeof json === "number") {
    const ms = durationOf(json);
    // What is computed may have passed; what is written down below zero is a mistake.
    if (ms === undefined || json < 0) linker.problems.error(path, `${expected}; ${json} is out of range`);
    return ms;
  }
  if (typeof json !== "string") {
    linker.problems.error(path, `${expected}; this is ${kindOf(json)}`);
    return undefined;
  }
  const ms = json.trim().startsWith("-") ? undefined : parseDuration(json);
  if (ms !== undefined) return ms;
  const instant = parseInstant(json);
  if (instant !== undefined) return { until: instant };
  if (/^\d|^P\d/.test(json)) {
    linker.problems.error(
      path,
      `${expected}; ${JSON.stringify(json)} is none of these, or longer than ten thousand years`,
    );
    return undefined;
  }
  const expression = linkExpression(linker, json, path);
  if (expression === undefined) return undefined;
  if (!DELAY_TYPES.includes(expression.type)) {
    linker.problems.error(path, `${expected}; ${JSON.stringify(json)} is of type ${expression.type}`);
    return undefined;
  }
  const isKnown = expression.reads.every(({ keys }) => keys[0] === "constants");
  return isKnown ? checkedDelay(linker, expression, path) : expression;
}

/** A delay whose value is known now must be one; it is evaluated all the same each time, because time goes on. */
function checkedDelay(linker: Linker, expression: Expression, path: string): Delay {
  const fixed = fixedDelay(linker, expression);
  if (fixed.ms === undefined || fixed.isPast)
    linker.problems.error(
      path,
      `a delay is ${DELAY_FORMS}; ${JSON.stringify(expression.source)} ${fixed.reason}`,
    );
  return fixed.ms === undefined || fixed.isInstant ? expression : fixed.ms;
}

/** A delay that depends on constants alone, known now; or why it is none. */
function fixedDelay(
  linker: Linker,
  expression: Expression,
): {
  readonly ms: number | undefined;
  readonly isInstant: boolean;
  readonly isPast: boolean;
  readonly reason: string;
} {
  const constants = linker.draft.root.json["constants"];
  const scope: Scope = {
    context: {},
    constants: isJsonObject(constants) ? constants : {},
    eventType: "",
    eventData: undefined,
    now: 0,
    key: "",
    resultSizeMax: linker.limits.budget,
    budgetLeft: linker.limits.budget,
    activeIds: () => [],
  };
  try {
    const value = expression.evaluate(scope);
    const isInstant = typeof value === "string" && parseInstant(value) !== undefined;
    const isPast = typeof value === "number" ? value < 0 : String(value).startsWith("-");
    return { ms: durationIn(value, 0), isInstant, isPast, reason: `is ${shorten(JSON.stringify(value))}` };
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
    return { ms: undefined, isInstant: false, isPast: false, reason: `has no value: ${error.message}` };
  }
}

/** Evaluates a delay: its length, or the value that is no length of time. @throws ExpressionFailure */
export function delayMs(delay: Delay, scope: Scope): { readonly ms: number } | { readonly value: Json } {
  if (typeof delay === "number") return { ms: delay };
  if ("until" in delay) return { ms: Math.max(0, delay.until - scope.now) };
  const value = delay.evaluate(scope);
  const ms = durationIn(value, scope.now);
  return ms === undefined ? { value } : { ms };
}

/** What `compile` makes of a value that may be missing. */
export function optional<T>(value: Json | undefined, compile: (value: Json) => T): T | undefined {
  return value === undefined ? undefined : compile(value);
}
