/** Data and expressions of SCXML: the data models `ecmascript` and `null`, and our own expressions under `x-detent`. */
import { firstInexact, withInexactNumbers } from "../base/exact-json.ts";
import type { Json } from "../base/json.ts";
import type { Problems } from "../engine/problems.ts";
import { conditionOf, constantOf, expressionOf, type JavaScript } from "./javascript.ts";
import { type Cel, type Names, Untranslatable } from "./javascript-names.ts";
import type { Chart } from "./scxml-chart.ts";
import { field, isExpression, literal, notExact, pathKey, quoted } from "./translation.ts";
import type { Element } from "./xml.ts";

/** The name of the data model whose expressions are those of definitions. */
export const OWN_MODEL = "x-detent";

export type Model = {
  readonly kind: "ecmascript" | "null" | typeof OWN_MODEL;
  readonly chart: Chart;
  readonly problems: Problems;
  /** What the machine is called. */
  readonly name: string;
  /** Ids of data, and variables that loops make. */
  readonly variables: Set<string>;
  /** What literal data start as. */
  readonly types: Map<string, Cel["type"]>;
};

/** Where an expression stands. */
export type Place = {
  readonly path: string;
  /** The event at hand is the end of a state or child, whose data is `event.output`. */
  readonly isDone?: boolean;
};

/** An expression; undefined, with a problem, where it does not translate. */
export function valueIn(model: Model, source: string, place: Place): string | undefined {
  return translated(model, source, place, (names) => expressionOf(source, names));
}

/** A condition. */
export function guardIn(model: Model, source: string, place: Place): Json | undefined {
  const alone = /^\s*In\(\s*(['"])([^'"]+)\1\s*\)\s*$/.exec(source)?.[2];
  if (alone !== undefined && model.kind !== OWN_MODEL) return inState(model, alone, place.path);
  if (model.kind === OWN_MODEL && source.startsWith('{"')) return contentOf(model, source, place.path);
  if (model.kind === "null") {
    model.problems.error(place.path, "in the data model null a condition is In('id')");
    return undefined;
  }
  return translated(model, source, place, (names) => conditionOf(source, names));
}

function inState({ chart, problems }: Model, id: string, path: string): Json | undefined {
  const state = chart.byId.get(id);
  if (state !== undefined) return { in: `#${id}` };
  problems.error(path, `there is no state '${id}' to be in`);
  return undefined;
}

function translated(
  { kind, problems, ...model }: Model,
  source: string,
  place: Place,
  translate: (names: Names) => JavaScript,
): string | undefined {
  if (kind === OWN_MODEL) return source;
  if (kind === "null") {
    problems.error(place.path, 'the data model null has no expressions; write datamodel="ecmascript"');
    return undefined;
  }
  const result = translate(namesOf(model, place));
  if (!result.ok) problems.error(place.path, result.reason);
  else if (!isExpression(result.text)) {
    problems.error(
      place.path,
      `${JSON.stringify(source)} would be ${JSON.stringify(result.text)}, which is not an expression here`,
    );
    return undefined;
  }
  return result.ok ? result.text : undefined;
}

/** What is said of fields of `_event` that there are not. */
const NO_EVENT_FIELD =
  "of _event there are name and data here; type, sendid, origin, origintype and invokeid have no counterpart";

function namesOf(model: Pick<Model, "chart" | "name" | "variables" | "types">, place: Place): Names {
  const data = place.isDone === true ? "event.output" : "data";
  return {
    resolve: ([name = "", second]) => {
      if (name === "_event" && second !== "name" && second !== "data")
        throw new Untranslatable(NO_EVENT_FIELD);
      if (name === "_event" && second === "name") return { text: "event.type", used: 2, type: "string" };
      if (name === "_event" && second === "data") return { text: data, used: 2, type: undefined };
      if (name === "_name") return { text: quoted(model.name), used: 1, type: "string" };
      if (name === "_sessionid") return { text: "key", used: 1, type: "string" };
      return model.variables.has(name)
        ? { text: field("context", name), used: 1, type: undefined }
        : undefined;
    },
    unknown: (name) => {
      if (name === "_ioprocessors" || name === "_x")
        return `${name} has no counterpart: another machine is sent to by its key`;
      return `there is no <data id="${name}">`;
    },
    isDeclared: (text) => /^context\.[A-Za-z_]\w*$/.test(text),
    call: (name, [first]) => {
      if (name !== "In" || first === undefined) return undefined;
      const id = /^'(.+)'$/.exec(first.text)?.[1];
      const state = id === undefined ? undefined : model.chart.byId.get(id);
      return state && { text: `${quoted(state.path)} in state`, level: 4, type: "bool" };
    },
  };
}

/** Text inside an element: JSON where it is, otherwise the text with its white space made one. */
function contentOf({ problems }: Model, text: string, path: string): Json {
  try {
    const json = JSON.parse(text) as Json;
    const inexact = firstInexact(withInexactNumbers(text, json));
    if (inexact !== undefined) problems.error(path, notExact(inexact.text));
    return json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text.trim().replaceAll(/\s+/g, " ");
  }
}

/** A place in the data, as `assign` writes it. */
export function locationIn(model: Model, source: string, place: Place): string | undefined {
  const trimmed = source.trim();
  const match = /^([A-Za-z_$][\w$]*)((?:\.[A-Za-z_$][\w$]*|\[[^[\]]+\])*)$/.exec(trimmed);
  const [, name = "", rest = ""] = match ?? [];
  if (model.kind === OWN_MODEL) return trimmed;
  if (match === null || name === "_event" || name.startsWith("_")) {
    model.problems.error(
      place.path,
      `${JSON.stringify(trimmed)} is not a place in the data, as total, lines[0].qty or stock[sku]`,
    );
    return undefined;
  }
  if (!model.variables.has(name)) {
    model.problems.error(place.path, `there is no <data id="${name}">`);
    return undefined;
  }
  let path = pathKey(name);
  for (const [part] of rest.matchAll(/\.[^.[]+|\[[^[\]]+\]/g)) {
    if (part.startsWith(".")) path += `.${part.slice(1)}`;
    else {
      const key = valueIn(model, part.slice(1, -1), place);
      if (key === undefined) return undefined;
      path += `[${key}]`;
    }
  }
  return path;
}

/** What a `<data>` starts with: a literal, or an expression that is computed when the machine starts. */
export function initialValue(
  model: Model,
  { attributes, text, children, path }: Element,
): { readonly literal: Json } | { readonly expression: Json } | undefined {
  const expr = attributes.get("expr");
  if (attributes.has("src")) {
    model.problems.error(path, "data from a file is not read: write it inside the element");
    return undefined;
  }
  if (children.length > 0) {
    model.problems.error(path, "data that is XML has no counterpart: write it as JSON");
    return undefined;
  }
  if (expr === undefined) return { literal: text.trim() === "" ? null : contentOf(model, text, path) };
  const constant = model.kind === OWN_MODEL ? undefined : constantOf(expr);
  if (constant !== undefined) return { literal: constant };
  const value = valueIn(model, expr, { path });
  return value === undefined ? undefined : { expression: value };
}

/** Literal data of an element as a template. */
export function literalContent(model: Model, text: string, path: string): Json {
  return literal(contentOf(model, text, path));
}
