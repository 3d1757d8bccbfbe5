/** Definitions of ours in other languages, and as drawings in text. */
import type { JsonObject } from "../base/json.ts";
import { type Graph, type GraphFormat, graph } from "../engine/graph.ts";
import type { Machine } from "../engine/machine.ts";
import { writeScxml } from "./write-scxml.ts";
import { writeXState } from "./write-xstate.ts";

/** Writes a definition. @param document reads it, where the machine alone does not say enough */
export type Writer = (machine: Machine, document: () => JsonObject) => Graph;

/** By the names of the formats. */
export const WRITERS: ReadonlyMap<string, Writer> = new Map([
  ["MERMAID", drawn("mermaid")],
  ["DOT", drawn("dot")],
  ["JSON", drawn("json")],
  ["PLANTUML", drawn("plantuml")],
  ["SCXML", (machine, document) => ({ ok: true, text: writeScxml(document(), machine) })],
  ["XSTATE", (_machine, document) => ({ ok: true, text: JSON.stringify(writeXState(document())) })],
]);

function drawn(format: GraphFormat): Writer {
  return (machine) => graph(machine, format);
}
