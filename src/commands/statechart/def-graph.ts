/** SM.DEF GRAPH name[:version] [format]: a drawing of a definition, or the definition in another language, as text. */
import { assert } from "../../base/assert.ts";
import { isJsonObject } from "../../base/json.ts";
import { chartGraph } from "../../drawing/chart-graph.ts";
import { plainDrawing } from "../../drawing/geometry.ts";
import { svgOf } from "../../drawing/svg.ts";
import { type Graph, type GraphFormat, graph } from "../../engine/graph.ts";
import type { Machine } from "../../engine/machine.ts";
import { writeScxml } from "../../importers/write-scxml.ts";
import { writeXState } from "../../importers/write-xstate.ts";
import { parseDocument } from "../../machines/chart-cache.ts";
import { findDefinition, splitDefinitionId } from "../../machines/definitions.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, text, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

type Draw = (machine: Machine, document: string, name: string) => Graph;

const FORMATS: ReadonlyMap<string, Draw> = new Map([
  ["MERMAID", drawn("mermaid")],
  ["DOT", drawn("dot")],
  ["JSON", drawn("json")],
  ["PLANTUML", drawn("plantuml")],
  ["SCXML", (machine, document) => ({ ok: true, text: writeScxml(objectOf(document), machine) })],
  ["XSTATE", (_machine, document) => ({ ok: true, text: JSON.stringify(writeXState(objectOf(document))) })],
  ["SVG", svg],
]);

function drawn(format: GraphFormat): Draw {
  return (machine) => graph(machine, format);
}

function objectOf(document: string) {
  const parsed = parseDocument(document);
  assert(parsed.ok && isJsonObject(parsed.value), "a stored definition is a JSON object");
  return parsed.value;
}

/** States one below the other: a layout takes seconds, and has its place where nobody waits for it (HTTP). */
function svg(machine: Machine, _document: string, name: string): Graph {
  const json = graph(machine, "json");
  if (!json.ok) return json;
  const drawing = plainDrawing(chartGraph(JSON.parse(json.text), name), `states of ${name}`);
  return { ok: true, text: svgOf(drawing) };
}

export const smDefGraph = {
  name: "SM.DEF|GRAPH",
  run: ({ args, db, server }) => {
    const draw = FORMATS.get(args.length > 3 ? token(args[3]) : "MERMAID");
    if (draw === undefined || args.length > 4) throw errors.syntaxError();
    const { name, version } = splitDefinitionId(text(argument(args, 2), "definition"));
    const definition = findDefinition(db, name, version);
    if (definition === undefined) return null;
    const drawing = draw(server.charts.chartOf(definition), definition.document, name);
    if (!drawing.ok) throw errors.err(drawing.reason);
    return drawing.text;
  },
} as const satisfies Handler;
