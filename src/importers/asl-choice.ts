/** Choice rules of Amazon States Language as guards. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at } from "../engine/problems.ts";
import { codeIn, expressionIn, type Reading } from "./asl-scope.ts";
import { celOf, placesOf, quoted } from "./translation.ts";

/** The condition of a rule as one expression. */
export function conditionOf(reading: Reading, rule: JsonObject, path: string): string | undefined {
  if (rule["Condition"] !== undefined) return codeIn(reading, rule["Condition"], at(path, "Condition"));
  for (const [key, operator] of [
    ["And", " && "],
    ["Or", " || "],
  ] as const) {
    if (rule[key] === undefined) continue;
    const parts = placesOf(rule[key], at(path, key)).map((one) =>
      isJsonObject(one.json) ? conditionOf(reading, one.json, one.path) : undefined,
    );
    return parts.every((part) => part !== undefined) && parts.length > 0
      ? `(${parts.join(operator)})`
      : refuse(reading, at(path, key), `${key} takes a list of rules`);
  }
  const { Not } = rule;
  if (Not !== undefined) {
    const inner = isJsonObject(Not) ? conditionOf(reading, Not, at(path, "Not")) : undefined;
    return inner === undefined ? undefined : `!${inner}`;
  }
  return comparisonOf(reading, rule, path);
}

function refuse({ scope }: Reading, path: string, message: string): undefined {
  // The inner place has said it where there is one.
  if (!scope.problems.findings.some((finding) => finding.path.startsWith(path)))
    scope.problems.error(path, message);
  return undefined;
}

const OPERATORS: Readonly<Record<string, string>> = {
  Equals: "==",
  LessThan: "<",
  GreaterThan: ">",
  LessThanEquals: "<=",
  GreaterThanEquals: ">=",
};

const IGNORED = ["Variable", "Next", "Comment", "Assign", "Output"];

function comparisonOf(reading: Reading, rule: JsonObject, path: string): string | undefined {
  const { problems } = reading.scope;
  const { Variable } = rule;
  const variable =
    typeof Variable === "string" ? expressionIn(reading, Variable, at(path, "Variable")) : undefined;
  if (typeof Variable !== "string")
    problems.error(path, 'a rule has a "Variable" and a comparison, a "Condition", And, Or or Not');
  const [name, ...more] = Object.keys(rule).filter((key) => !IGNORED.includes(key));
  if (name === undefined || more.length > 0) {
    problems.error(path, "a rule has one comparison");
    return undefined;
  }
  if (variable === undefined) return undefined;
  const value = rule[name] ?? null;
  const place = at(path, name);
  const test = testOf(name, variable, value);
  if (test !== undefined) return test;
  const [, type, operator = "", suffix] =
    /^(String|Numeric|Boolean|Timestamp)(Equals|LessThanEquals|GreaterThanEquals|LessThan|GreaterThan|Matches)(Path)?$/.exec(
      name,
    ) ?? [];
  if (type === undefined) {
    problems.error(place, `the comparison ${name} is not known`);
    return undefined;
  }
  const other =
    suffix === undefined
      ? celOf(value)
      : typeof value === "string"
        ? expressionIn(reading, value, place)
        : undefined;
  if (other === undefined) return undefined;
  if (operator === "Matches")
    return typeof value === "string" ? `${variable}.matches(${quoted(patternOf(value))})` : undefined;
  const kind = TYPES[type];
  const typed = kind === undefined ? "" : `type(${variable}) == ${kind} && `;
  if (type === "Timestamp") return `(timestamp(${variable}) ${OPERATORS[operator]} timestamp(${other}))`;
  return `(${typed}${variable} ${OPERATORS[operator]} ${other})`;
}

/** A value of another type is not compared: the rule does not hold. */
const TYPES: Readonly<Record<string, string>> = { String: "string", Numeric: "double", Boolean: "bool" };

/** `IsNull` and the others. */
function testOf(name: string, variable: string, value: Json): string | undefined {
  const not = value === false ? "!" : "";
  const optional = variable.replace(/\.([A-Za-z_]\w*)$/, ".?$1.orValue(null)");
  switch (name) {
    case "IsPresent":
      return optional === variable ? `${not}(${variable} != null)` : `${not}has(${variable})`;
    case "IsNull":
      return `${not}(${variable} == null)`;
    case "IsString":
      return `${not}(type(${optional}) == string)`;
    case "IsNumeric":
      return `${not}(type(${optional}) == double)`;
    case "IsBoolean":
      return `${not}(type(${optional}) == bool)`;
    case "IsTimestamp":
      return `${not}(type(${optional}) == string && ${optional}.matches('^\\\\d{4}-\\\\d{2}-\\\\d{2}T\\\\d{2}:\\\\d{2}:\\\\d{2}(\\\\.\\\\d+)?(Z|[+-]\\\\d{2}:\\\\d{2})$'))`;
    default:
      return undefined;
  }
}

/** A pattern in which * is any text, as a regular expression. */
function patternOf(pattern: string): string {
  const parts = pattern
    .split(/(\\\*|\*)/)
    .map((part) =>
      part === "*" ? ".*" : part === "\\*" ? "\\*" : part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"),
    );
  return `^${parts.join("")}$`;
}
