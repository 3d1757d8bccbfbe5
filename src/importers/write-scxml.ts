/**
 * A definition as a document of SCXML, with expressions of ours (`datamodel="x-detent"`). What SCXML has no element for is
 * JSON in elements of a name space of ours; the importer reads it all back.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { isDescendant, type Machine, type StateNode, stateOf, type Transition } from "../engine/machine.ts";
import { at } from "../engine/problems.ts";
import { OWN_URI } from "./scxml-actions.ts";
import { statechartOf } from "./statechart-form.ts";
import { type Draft, listOf } from "./translation.ts";

type Writer = {
  readonly machine: Machine;
  readonly lines: string[];
  /** Transitions by their place in the document. */
  readonly byPath: ReadonlyMap<string, Transition>;
};

/** `machine` is what `statechartOf(document)` compiles to. */
export function writeScxml(document: JsonObject, machine: Machine): string {
  const json = statechartOf(document);
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  const writer: Writer = {
    machine,
    lines,
    byPath: new Map(machine.transitions.map((one) => [one.path, one])),
  };
  const root = stateOf(machine, 0);
  const initial =
    root.kind === "compound" && root.initialActions.length === 0
      ? ` initial="${idsOf(machine, root.initial)}"`
      : "";
  const name = typeof json["id"] === "string" ? ` name="${escaped(json["id"])}"` : "";
  lines.push(
    `<scxml xmlns="http://www.w3.org/2005/07/scxml" xmlns:detent="${OWN_URI}" version="1.0" datamodel="x-detent"${name}${initial}>`,
  );
  const { context } = json;
  if (isJsonObject(context ?? null)) {
    lines.push("  <datamodel>");
    for (const [key, value] of Object.entries(context as JsonObject))
      lines.push(`    <data id="${escaped(key)}">${escaped(JSON.stringify(value))}</data>`);
    lines.push("  </datamodel>");
  }
  // The outermost element has no actions and transitions of its own.
  keysInto(writer, json, ["id", "initial", "context", "states"], "  ", root);
  childrenInto(writer, root, json, { indent: "  ", path: "$" });
  lines.push("</scxml>");
  return `${lines.join("\n")}\n`;
}

/** Ids of states as SCXML has them: their own, or else their paths. */
function nameOf(state: StateNode): string {
  const id = state.names.includes(state.id) ? state.id : state.path;
  // Ids are listed with spaces between them.
  return id.replaceAll(/\s/g, "_");
}

function idsOf(machine: Machine, states: readonly number[]): string {
  return states.map((index) => escaped(nameOf(stateOf(machine, index)))).join(" ");
}

type Place = { readonly indent: string; readonly path: string };

function childrenInto(writer: Writer, state: StateNode, json: JsonObject, place: Place): void {
  const { states } = json;
  if (!isJsonObject(states ?? null)) return;
  const inner = [...state.children, ...state.histories, ...historiesOf(writer.machine, state)];
  for (const index of [...new Set(inner)].sort((a, b) => a - b)) {
    const child = stateOf(writer.machine, index);
    const own = (states as JsonObject)[child.key];
    if (isJsonObject(own ?? null))
      stateInto(writer, child, own as JsonObject, {
        indent: place.indent,
        path: at(at(place.path, "states"), child.key),
      });
  }
}

function historiesOf(machine: Machine, state: StateNode): readonly number[] {
  return machine.states
    .filter(({ parent, kind }) => parent === state.index && kind === "history")
    .map(({ index }) => index);
}

const ELEMENTS: Readonly<Record<StateNode["kind"], string>> = {
  atomic: "state",
  compound: "state",
  parallel: "parallel",
  final: "final",
  history: "history",
};

function stateInto(writer: Writer, state: StateNode, json: JsonObject, { indent, path }: Place): void {
  const { machine, lines } = writer;
  const element = ELEMENTS[state.kind];
  const inner = `${indent}  `;
  const isSimple = state.initialActions.length === 0;
  const initial = state.kind === "compound" && isSimple ? ` initial="${idsOf(machine, state.initial)}"` : "";
  const history = state.kind === "history" ? ` type="${state.isDeepHistory ? "deep" : "shallow"}"` : "";
  lines.push(
    `${indent}<${element} id="${escaped(nameOf(state))}" detent:key="${escaped(state.key)}"${initial}${history}>`,
  );
  const written = ["id", "type", "states", "history", "entry", "exit", "on", "always", "onDone"];
  const on = isJsonObject(json["on"] ?? null) ? (json["on"] as JsonObject) : {};
  // So are names of events.
  const isListed = !Object.keys(on).some((event) => /\s/.test(event));
  if (!isListed) written.splice(written.indexOf("on"), 1);
  if (isSimple) written.push(state.kind === "history" ? "target" : "initial");
  if (state.kind === "history" && isSimple && state.hasOwnInitial)
    lines.push(`${inner}<transition target="${idsOf(machine, state.initial)}"/>`);
  blockInto(writer, "onentry", json["entry"], inner);
  blockInto(writer, "onexit", json["exit"], inner);
  for (const [key, value] of Object.entries(isListed ? on : {}))
    transitionsInto(writer, value, {
      event: key,
      state,
      place: { indent: inner, path: at(at(path, "on"), key) },
    });
  transitionsInto(writer, json["always"], {
    event: undefined,
    state,
    place: { indent: inner, path: at(path, "always") },
  });
  transitionsInto(writer, json["onDone"], {
    event: `done.state.${nameOf(state)}`,
    state,
    place: { indent: inner, path: at(path, "onDone") },
  });
  keysInto(writer, json, written, inner, state);
  childrenInto(writer, state, json, { indent: inner, path });
  lines.push(`${indent}</${element}>`);
}

/** Keys that have no element, as JSON. */
function keysInto(
  { lines }: Writer,
  json: JsonObject,
  written: readonly string[],
  indent: string,
  { kind, parent }: StateNode,
): void {
  const keys: Draft = {};
  for (const [key, value] of Object.entries(json)) if (!written.includes(key)) keys[key] = value;
  if (parent !== -1 || kind !== "parallel") delete keys["type"];
  delete keys["$schema"];
  delete keys["types"];
  if (Object.keys(keys).length > 0)
    lines.push(`${indent}<detent:keys>${escaped(JSON.stringify(keys))}</detent:keys>`);
}

function blockInto({ lines }: Writer, element: string, json: Json | undefined, indent: string): void {
  if (listOf(json).length === 0) return;
  lines.push(
    `${indent}<${element}>`,
    ...listOf(json).map((action) => `${indent}  ${actionOf(action)}`),
    `${indent}</${element}>`,
  );
}

function transitionsInto(
  writer: Writer,
  json: Json | undefined,
  given: { readonly event: string | undefined; readonly state: StateNode; readonly place: Place },
): void {
  const { event, state, place } = given;
  const isMany = Array.isArray(json);
  for (const [index, one] of listOf(json).entries()) {
    const transition = writer.byPath.get(isMany ? at(place.path, index) : place.path);
    const options: JsonObject = isJsonObject(one) ? one : {};
    const { guard, description, otherwise } = options;
    const attributes = [
      ...(event === undefined ? [] : [`event="${escaped(event)}"`]),
      ...(guard === undefined
        ? []
        : [`cond="${escaped(typeof guard === "string" ? guard : JSON.stringify(guard))}"`]),
      ...(transition?.targets === undefined ? [] : [`target="${idsOf(writer.machine, transition.targets)}"`]),
      ...kindOf(writer.machine, state, transition),
      ...(typeof description === "string" ? [`detent:description="${escaped(description)}"`] : []),
      ...(typeof otherwise === "string" ? [`detent:otherwise="${escaped(otherwise)}"`] : []),
    ].join(" ");
    const actions = listOf(options["actions"]);
    if (actions.length === 0) writer.lines.push(`${place.indent}<transition ${attributes}/>`);
    else
      writer.lines.push(
        `${place.indent}<transition ${attributes}>`,
        ...actions.map((action) => `${place.indent}  ${actionOf(action)}`),
        `${place.indent}</transition>`,
      );
  }
}

/** SCXML's transitions leave their source, unless they are internal; those of atomic and parallel states always do. */
function kindOf(machine: Machine, state: StateNode, transition: Transition | undefined): readonly string[] {
  const isInside =
    transition?.targets?.some(
      (target) => target === state.index || isDescendant(machine, target, state.index),
    ) === true;
  if (transition === undefined || transition.reenter)
    return transition?.reenter === true && !isInside ? ['detent:reenter="true"'] : [];
  return isInside ? ['type="internal"', 'detent:reenter="false"'] : [];
}

/** An action of SCXML, or ours as JSON. */
function actionOf(action: Json): string {
  if (isJsonObject(action) && Object.keys(action).length === 1) {
    const { raise, cancel, assign } = action;
    if (typeof raise === "string") return `<raise event="${escaped(raise)}"/>`;
    if (typeof cancel === "string") return `<cancel sendid="${escaped(cancel)}"/>`;
    const [entry, ...more] = isJsonObject(assign ?? null) ? Object.entries(assign as JsonObject) : [];
    if (entry !== undefined && more.length === 0 && typeof entry[1] === "string")
      return `<assign location="${escaped(entry[0])}" expr="${escaped(entry[1])}"/>`;
  }
  return `<detent:action>${escaped(JSON.stringify(action))}</detent:action>`;
}

function escaped(text: string): string {
  return text.replaceAll(/[<>&"\p{Cc}]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
