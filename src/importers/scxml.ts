/**
 * SCXML documents. States and transitions are much the same here; what is not is where transitions are external unless
 * they say otherwise, descriptors stand for names that begin with them, and document order goes before the more specific.
 */
import type { Json, JsonObject } from "../base/json.ts";
import type { Problems } from "../engine/problems.ts";
import { typeOf } from "./javascript.ts";
import { actionsIn, dataIn, OWN_URI } from "./scxml-actions.ts";
import { type ChartState, chartOf } from "./scxml-chart.ts";
import { initialValue, type Model, OWN_MODEL } from "./scxml-data.ts";
import { warnOfDifferences } from "./scxml-differences.ts";
import { startOf, transitionsInto } from "./scxml-transitions.ts";
import { type Draft, literal, pathKey, put, putList } from "./translation.ts";
import { type Element, parseXml } from "./xml.ts";

const SCXML_URI = "http://www.w3.org/2005/07/scxml";

export function readScxml(text: string, problems: Problems): JsonObject | undefined {
  const scxml = parseXml(text, problems);
  if (scxml === undefined) return undefined;
  if (scxml.name !== "scxml") {
    problems.error(
      scxml.path,
      `the outermost element is <scxml xmlns="${SCXML_URI}">, this is <${scxml.name}>`,
    );
    return undefined;
  }
  const chart = chartOf(scxml, problems);
  const kind = scxml.attributes.get("datamodel") ?? "ecmascript";
  if (kind !== "ecmascript" && kind !== "null" && kind !== OWN_MODEL) {
    problems.error(
      scxml.path,
      `the data model '${kind}' is not known; there are ecmascript, null and ${OWN_MODEL}`,
    );
    return undefined;
  }
  const name = scxml.attributes.get("name") ?? "";
  const model: Model = { kind, chart, problems, name, variables: new Set(dataIds(scxml)), types: new Map() };
  const document = stateOf(model, chart.root);
  if (chart.states.length === 1) problems.error(scxml.path, "a machine needs states");
  warnOfDifferences(chart, problems);
  return document;
}

function* dataIds(element: Element): Iterable<string> {
  for (const child of element.children) {
    const id = child.attributes.get("id");
    if (child.name === "data" && id !== undefined) yield id;
    yield* dataIds(child);
  }
}

/** Elements inside a state, with what reads them. */
const KNOWN = [
  "state",
  "parallel",
  "final",
  "history",
  "initial",
  "transition",
  "onentry",
  "onexit",
  "datamodel",
  "script",
  "invoke",
  "donedata",
  "keys",
];

function stateOf(model: Model, state: ChartState): Draft {
  const { problems } = model;
  const { element, parent } = state;
  const draft: Draft = {};
  const isRoot = parent === undefined;
  if (isRoot && model.name !== "") draft["id"] = model.name;
  if (state.id !== undefined) draft["id"] = state.id;
  for (const child of element.children)
    if (!KNOWN.includes(child.name))
      problems.error(child.path, `<${child.name}> in <${element.name}> is not known`);
  if (element.name === "parallel") draft["type"] = "parallel";
  if (element.name === "final") draft["type"] = "final";
  if (element.name === "history") {
    const history = element.attributes.get("type") === "deep" ? "deep" : "shallow";
    const memory: Draft = { ...draft, type: "history", history, ...historyTarget(model, state) };
    ownKeys(model, element, memory);
    return memory;
  }
  if (element.name !== "parallel" && state.children.some((child) => child.element.name !== "history"))
    put(draft, "initial", startOf(model, state));
  const data = dataOf(model, state);
  if (isRoot && Object.keys(data.context).length > 0) draft["context"] = data.context;
  putList(draft, "entry", [
    ...data.actions,
    ...blocks(model, element, "onentry"),
    ...(isRoot ? blocksOfScripts(model, element) : []),
  ]);
  putList(draft, "exit", blocks(model, element, "onexit"));
  transitionsInto(model, state, draft);
  putList(
    draft,
    "invoke",
    element.children.filter(({ name }) => name === "invoke").flatMap((one) => invokeOf(model, one)),
  );
  const done = element.children.find(({ name }) => name === "donedata");
  if (done !== undefined) put(draft, "output", dataIn(model, done, false));
  ownKeys(model, element, draft);
  if (state.children.length > 0)
    draft["states"] = Object.fromEntries(state.children.map((child) => [child.key, stateOf(model, child)]));
  return draft;
}

/** What SM.DEF GRAPH SCXML writes of keys that SCXML has no element for. */
function ownKeys({ problems }: Model, element: Element, draft: Draft): void {
  for (const { name, uri, text, path } of element.children) {
    if (name !== "keys") continue;
    try {
      const keys = JSON.parse(text) as Json;
      if (uri === OWN_URI && typeof keys === "object" && keys !== null && !Array.isArray(keys))
        for (const [key, value] of Object.entries(keys))
          if (key !== "__proto__") put(draft, key, value as Json);
    } catch (error) {
      problems.error(path, `this is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function blocks(model: Model, element: Element, name: string): readonly Json[] {
  return element.children.filter((child) => child.name === name).flatMap((child) => actionsIn(model, child));
}

/** Scripts right inside `<scxml>` run when the machine starts. */
function blocksOfScripts(model: Model, element: Element): readonly Json[] {
  const scripts = element.children.filter(({ name }) => name === "script");
  return actionsIn(model, { ...element, children: scripts });
}

function historyTarget(model: Model, state: ChartState): JsonObject {
  const transition = state.element.children.find(({ name }) => name === "transition");
  if (transition === undefined) return {};
  const start = startOf(model, state, transition);
  return start === undefined ? {} : { target: start };
}

/** The data of a machine, and what computes what is no literal; of a state, what it sets when data are bound late. */
function dataOf(
  model: Model,
  state: ChartState,
): { readonly context: Draft; readonly actions: readonly Json[] } {
  const { root, states } = model.chart;
  const isLate = root.element.attributes.get("binding") === "late";
  const context: Draft = {};
  const actions: Json[] = [];
  const from = state === root ? states : isLate ? [state] : [];
  for (const one of from) {
    for (const data of one.element.children
      .filter(({ name }) => name === "datamodel")
      .flatMap(({ children }) => children)) {
      const id = data.attributes.get("id");
      if (data.name !== "data" || id === undefined) {
        if (state === root) model.problems.error(data.path, 'a datamodel holds <data id="…">');
        continue;
      }
      // Late data are there from the start, without a value.
      const isOnlyNamed = isLate && state === root && one !== root;
      if (isOnlyNamed) {
        context[id] = null;
        continue;
      }
      const value = initialValue(model, data);
      if (value === undefined) continue;
      if (state === root) context[id] = "literal" in value ? value.literal : null;
      if ("literal" in value) model.types.set(id, typeOf(value.literal));
      if (state !== root && "literal" in value)
        actions.push({ assign: { [pathKey(id)]: literal(value.literal) } });
      if ("expression" in value) actions.push({ assign: { [pathKey(id)]: value.expression } });
    }
  }
  return { context, actions };
}

const TYPE_SCXML = /^(scxml|https?:\/\/www\.w3\.org\/TR\/scxml\/?)?$/;

/** A machine that a state runs is a child, whose definition has a name. */
function invokeOf(model: Model, element: Element): readonly Json[] {
  const { attributes, children, path } = element;
  const { problems } = model;
  const src = attributes.get("src");
  const type = attributes.get("type") ?? "";
  const hasContent = children.some(({ name }) => name === "content");
  if (!TYPE_SCXML.test(type) || attributes.has("typeexpr"))
    problems.error(path, `an invoke of type '${type}' is the work of a worker: write {"task": "…"} on entry`);
  else if (hasContent || src === undefined || !/^[^\s/]+$/.test(src) || /^(file|https?):/.test(src))
    problems.error(
      path,
      'the machine is a definition of its own: import it under a name, and write <invoke src="name:v1" id="…"/>',
    );
  else if (children.some(({ name }) => name === "finalize") || attributes.get("autoforward") === "true")
    problems.error(
      path,
      'finalize and autoforward have no counterpart: assign in the transition of "done.invoke.<id>", and send events on',
    );
  else {
    const child: Draft = { src };
    put(child, "id", attributes.get("id"));
    put(child, "input", dataIn(model, element, false));
    return [child];
  }
  return [];
}
