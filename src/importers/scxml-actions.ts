/** Executable content of SCXML as actions. */
import type { Json } from "../base/json.ts";
import { constantOf } from "./javascript.ts";
import { statementsOf } from "./javascript-script.ts";
import {
  guardIn,
  literalContent,
  locationIn,
  type Model,
  OWN_MODEL,
  type Place,
  valueIn,
} from "./scxml-data.ts";
import { type Draft, literal, put, quoted } from "./translation.ts";
import { type Element, words } from "./xml.ts";

/** The actions inside an element, in order. `isDone`: the event at hand is the end of something. */
export function actionsIn(model: Model, element: Element, isDone = false): readonly Json[] {
  return element.children.flatMap((child) => actionOf(model, child, isDone));
}

/** The whole event is logged as what there is of it. */
function logged(expr: string | undefined): string | undefined {
  return expr?.trim() === "_event" ? "{name: _event.name, data: _event.data}" : expr;
}

type Translate = (model: Model, element: Element, isDone: boolean) => readonly Json[];

const CONTENT: Readonly<Record<string, Translate>> = {
  raise: (model, { attributes, path }) => {
    const event = attributes.get("event");
    return event === undefined ? refused(model, path, "raise needs an event") : [{ raise: event }];
  },
  send: sendOf,
  cancel: (model, { attributes, path }, isDone) => {
    const id = attributes.get("sendid");
    if (id !== undefined) return [{ cancel: id }];
    const expr = valueIn(model, attributes.get("sendidexpr") ?? "''", { path, isDone });
    return expr === undefined ? [] : [{ cancel: { expr } }];
  },
  log: (model, { attributes, path }, isDone) => {
    const label = attributes.get("label");
    const expr = logged(attributes.get("expr"));
    const fixed = expr === undefined || model.kind === OWN_MODEL ? undefined : constantOf(expr);
    const value =
      fixed !== undefined
        ? literal(fixed)
        : expr === undefined
          ? undefined
          : valueIn(model, expr, { path, isDone });
    if (expr !== undefined && value === undefined) return [];
    if (value === undefined) return [{ log: quoted(label ?? "") }];
    return [{ log: label === undefined ? value : { [label]: value } }];
  },
  assign: (model, { attributes, text, children, path }, isDone) => {
    const location = locationIn(model, attributes.get("location") ?? "", { path, isDone });
    const expr = attributes.get("expr");
    if (children.length > 0)
      return refused(model, path, "data that is XML has no counterpart: write it as JSON");
    const value =
      expr === undefined ? literalContent(model, text, path) : valueIn(model, expr, { path, isDone });
    return location === undefined || value === undefined ? [] : [{ assign: { [location]: value } }];
  },
  if: ifOf,
  foreach: (model, element, isDone) => {
    const { attributes, path } = element;
    const items = valueIn(model, attributes.get("array") ?? "", { path, isDone });
    const variables: Draft = {};
    for (const [name, value] of [
      [attributes.get("item"), "item"],
      [attributes.get("index"), "index"],
    ] as const) {
      if (name === undefined) continue;
      if (!/^[A-Za-z_$][\w$]*$/.test(name))
        return refused(model, path, `${JSON.stringify(name)} cannot name a variable`);
      model.variables.add(name);
      variables[name] = value;
    }
    if (items === undefined) return [];
    return [{ forEach: { items, actions: [{ assign: variables }, ...actionsIn(model, element, isDone)] } }];
  },
  script: (model, { attributes, text, path }) => {
    if (attributes.has("src"))
      return refused(model, path, "a script from a file is not read: write what it does as <assign>");
    return scriptOf(model, text, path);
  },
  // Ours, as SM.DEF GRAPH SCXML writes it.
  action: (model, { text, uri, path }) => {
    if (uri !== OWN_URI) return refused(model, path, "there is no such element");
    try {
      return [JSON.parse(text) as Json];
    } catch (error) {
      return refused(
        model,
        path,
        `this is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  },
};

/** The name space of what SCXML has no element for. */
export const OWN_URI = "urn:detent:scxml";

function actionOf(model: Model, element: Element, isDone: boolean): readonly Json[] {
  const translate = CONTENT[element.name];
  if (translate !== undefined) return translate(model, element, isDone);
  return refused(
    model,
    element.path,
    `<${element.name}> is not executable content that has a counterpart; there are ${Object.keys(CONTENT).slice(0, -1).join(", ")}`,
  );
}

function refused({ problems }: Model, path: string, message: string): readonly Json[] {
  problems.error(path, message);
  return [];
}

/** A script of assignments. */
function scriptOf(model: Model, text: string, path: string): readonly Json[] {
  const result = statementsOf(text);
  if (!result.ok)
    return refused(model, path, `${result.reason}; write what it does as <assign>, <if> and <foreach>`);
  return result.statements.flatMap(({ location, expression, isDeclared }): readonly Json[] => {
    if (isDeclared && expression === undefined && model.variables.has(location)) return [];
    if (isDeclared) model.variables.add(location);
    const place = locationIn(model, location, { path });
    const value = valueIn(model, expression ?? "null", { path });
    return place === undefined || value === undefined ? [] : [{ assign: { [place]: value } }];
  });
}

function ifOf(model: Model, element: Element, isDone: boolean): readonly Json[] {
  const branches: { guard: Json | undefined; readonly actions: Json[]; isElse: boolean }[] = [];
  const open = (source: string | undefined, path: string): void => {
    const guard = source === undefined ? undefined : guardIn(model, source, { path, isDone });
    branches.push({ guard, actions: [], isElse: source === undefined });
  };
  open(element.attributes.get("cond") ?? "false", element.path);
  for (const child of element.children) {
    if (child.name === "elseif") open(child.attributes.get("cond") ?? "false", child.path);
    else if (child.name === "else") open(undefined, child.path);
    else branches.at(-1)?.actions.push(...actionOf(model, child, isDone));
  }
  return [
    {
      choose: branches.map(({ guard, actions }) => (guard === undefined ? { actions } : { guard, actions })),
    },
  ];
}

/** The data of `<send>`, `<invoke>` and `<donedata>`: parameters, names of data, or content. */
export function dataIn(model: Model, element: Element, isDone: boolean): Json | undefined {
  const { attributes, children, path } = element;
  const content = children.find(({ name }) => name === "content");
  if (content !== undefined) {
    const expr = content.attributes.get("expr");
    if (expr !== undefined) return valueIn(model, expr, { path: content.path, isDone });
    if (content.children.length === 0) return literalContent(model, content.text, content.path);
    model.problems.error(content.path, "content that is XML has no counterpart: write it as JSON");
    return undefined;
  }
  const data: Draft = {};
  for (const name of words(attributes.get("namelist")))
    put(data, name, valueIn(model, name, { path, isDone }));
  for (const param of children.filter(({ name }) => name === "param")) {
    const source = param.attributes.get("expr") ?? param.attributes.get("location") ?? "";
    put(data, param.attributes.get("name") ?? "", valueIn(model, source, { path: param.path, isDone }));
  }
  return Object.keys(data).length === 0 ? undefined : data;
}

/** A value that is in one attribute as text, or in another as an expression of a text. */
function textIn(model: Model, { attributes, path }: Element, name: string, what: string): string | undefined {
  const text = attributes.get(name);
  const expr = attributes.get(`${name}expr`);
  if (text !== undefined || expr === undefined) return text;
  const literal = /^\s*(['"])([^'"\\]*)\1\s*$/.exec(expr)?.[2];
  if (literal === undefined) model.problems.error(path, `${what} is fixed here: write one of each in <if>`);
  return literal;
}

const PROCESSOR = /^(scxml|https?:\/\/www\.w3\.org\/TR\/scxml\/?#SCXMLEventProcessor)?$/;

function sendOf(model: Model, element: Element, isDone: boolean): readonly Json[] {
  const { attributes, path } = element;
  const type = textIn(model, element, "type", "the type of a send");
  if (type !== undefined && !PROCESSOR.test(type))
    return refused(
      model,
      path,
      `a send of type '${type}' is the work of a worker: leave it out, and add {"task": "…"} to the document`,
    );
  if (attributes.has("idlocation"))
    return refused(model, path, "an id that the platform makes has no counterpart: write id");
  const event = textIn(model, element, "event", "the name of an event");
  if (event === undefined) return refused(model, path, "a send needs an event");
  const delay = delayIn(model, element, { path, isDone });
  const data = dataIn(model, element, isDone);
  const id = attributes.get("id");
  const draft: Draft = { event };
  put(draft, "data", data);
  const target = targetIn(model, element, { path, isDone });
  if (target === "#_internal") return [{ raise: draft }];
  if (target === undefined || target === "self") {
    draft["delay"] = delay ?? 0;
    if (delay !== undefined && id !== undefined) draft["id"] = id;
    return [{ raise: draft }];
  }
  put(draft, "delay", delay);
  if (delay !== undefined && id !== undefined) draft["id"] = id;
  return [{ send: { to: target, ...draft } }];
}

/** Whom a send goes to: itself, parent, a child, or the machine of a key. */
function targetIn(model: Model, { attributes, path }: Element, place: Place): string | undefined {
  const target = attributes.get("target");
  const expr = attributes.get("targetexpr");
  if (expr !== undefined) {
    model.problems.warn(
      path,
      "what is computed is the key of a machine here: #_internal and sessions mean nothing there",
    );
    return valueIn(model, expr, place);
  }
  if (target === undefined || target === "") return undefined;
  if (target.startsWith("#_scxml_")) {
    model.problems.error(path, "a session of SCXML is a machine here: write targetexpr with its key");
    return undefined;
  }
  if (target.startsWith("#_")) return target;
  if (/^[a-z]+:\/\//i.test(target) || target.startsWith("!"))
    model.problems.error(
      path,
      `'${target}' is not a machine: what goes out is the work of a worker, {"task": "…"} in the document`,
    );
  else
    model.problems.warn(
      path,
      `'${target}' is the key of a machine here; a missing one is the event error.communication`,
    );
  return quoted(target);
}

function delayIn(model: Model, { attributes }: Element, place: Place): Json | undefined {
  const delay = attributes.get("delay");
  if (delay !== undefined) return /^0+(\.0*)?(ms|s)?$/.test(delay) ? undefined : delay.replace(/^\./, "0.");
  const expr = attributes.get("delayexpr");
  if (expr === undefined) return undefined;
  const literal = /^\s*(['"])([^'"\\]*)\1\s*$/.exec(expr)?.[2];
  return literal ?? valueIn(model, expr, place);
}
