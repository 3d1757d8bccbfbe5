/** The states of an SCXML document before anything is translated: their names here, and how they lie in one another. */
import type { Problems } from "../engine/problems.ts";
import type { Element } from "./xml.ts";
import { words } from "./xml.ts";

export type ChartState = {
  readonly element: Element;
  /** As it stands; undefined where there is none. */
  readonly id: string | undefined;
  readonly key: string;
  readonly path: string;
  readonly parent: ChartState | undefined;
  readonly children: readonly ChartState[];
};

export type Chart = {
  readonly root: ChartState;
  readonly states: readonly ChartState[];
  readonly byId: ReadonlyMap<string, ChartState>;
  /** Names of events that the document raises, sends and waits for. */
  readonly events: ReadonlySet<string>;
};

const STATES = ["state", "parallel", "final", "history"];

export function chartOf(scxml: Element, problems: Problems): Chart {
  const states: ChartState[] = [];
  const byId = new Map<string, ChartState>();
  const add = (element: Element, parent: ChartState | undefined, keys: Set<string>): ChartState => {
    const id = parent === undefined ? undefined : element.attributes.get("id");
    const key = parent === undefined ? "" : keyOf(element.attributes.get("key") ?? id ?? element.name, keys);
    const path = parent === undefined || parent.path === "" ? key : `${parent.path}.${key}`;
    const children: ChartState[] = [];
    const state: ChartState = { element, id, key, path, parent, children };
    states.push(state);
    if (id !== undefined && byId.has(id))
      problems.error(element.path, `the id '${id}' is given twice; ids must differ`);
    if (id !== undefined) byId.set(id, state);
    const inner = new Set<string>();
    for (const child of element.children)
      if (STATES.includes(child.name)) children.push(add(child, state, inner));
    return state;
  };
  const root = add(scxml, undefined, new Set());
  return { root, states, byId, events: eventsIn(scxml, new Set()) };
}

/** A name of a state: an id may have dots, and another state may have the same without. */
function keyOf(id: string, keys: Set<string>): string {
  const plain = id.replaceAll(".", "_");
  let key = plain;
  for (let count = 2; keys.has(key); count += 1) key = `${plain}_${count}`;
  keys.add(key);
  return key;
}

function eventsIn(element: Element, found: Set<string>): Set<string> {
  for (const event of words(element.attributes.get("event"))) found.add(event.replace(/\.?\*?$/, ""));
  for (const child of element.children) eventsIn(child, found);
  return found;
}

export function isInside(state: ChartState, outer: ChartState): boolean {
  for (let one: ChartState | undefined = state; one !== undefined; one = one.parent)
    if (one === outer) return true;
  return false;
}

/** The transitions right inside a state. */
export function transitionsIn({ element }: ChartState): readonly Element[] {
  return element.children.filter(({ name }) => name === "transition");
}

/**
 * A descriptor of SCXML stands for names that begin with it, too. It is written so where the document has names with dots
 * in them, and for families of events that the machine itself makes.
 */
export function descriptorOf(word: string, events: ReadonlySet<string>): string {
  const name = word.replace(/\.\*?$/, "");
  if (name === "*" || name === "") return "*";
  if (/^(error|done|done\.state|done\.invoke)$/.test(name)) return `${name}.*`;
  if (/^(error|done)\./.test(name)) return name;
  return [...events].some((event) => event.includes(".") && !/^(error|done)\./.test(event))
    ? `${name}.*`
    : name;
}

/** True when the first descriptor stands for all that the second does. */
export function coversDescriptor(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === "*") return true;
  if (!wide.endsWith(".*")) return false;
  const prefix = wide.slice(0, -2);
  const name = narrow.replace(/\.\*$/, "");
  return name === prefix || name.startsWith(`${prefix}.`);
}
