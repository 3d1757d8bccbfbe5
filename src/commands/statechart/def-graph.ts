/** SM.DEF GRAPH name[:version] [format]: a drawing of a definition, or the definition in another language, as text. */
import { assert } from "../../base/assert.ts";
import { isJsonObject } from "../../base/json.ts";
import { chartGraph } from "../../drawing/chart-graph.ts";
import { plainDrawing } from "../../drawing/geometry.ts";
import { svgOf } from "../../drawing/svg.ts";
import { type Graph, graph } from "../../engine/graph.ts";
import type { Machine } from "../../engine/machine.ts";
import { WRITERS } from "../../importers/writers.ts";
import { parseDocument } from "../../machines/chart-cache.ts";
import { findDefinition, splitDefinitionId } from "../../machines/definitions.ts";
import * as errors from "../../protocol/errors.ts";
import { tooManyWords } from "../../protocol/word-errors.ts";
import { argument, text, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

function objectOf(document: string) {
  const parsed = parseDocument(document);
  assert(parsed.ok && isJsonObject(parsed.value), "a stored definition is a JSON object");
  return parsed.value;
}

/** States one below the other: a layout takes seconds, and has its place where nobody waits for it (HTTP). */
function svg(machine: Machine, name: string): Graph {
  const json = graph(machine, "json");
  if (!json.ok) return json;
  const drawing = plainDrawing(chartGraph(JSON.parse(json.text), name), `states of ${name}`);
  return { ok: true, text: svgOf(drawing) };
}

export const smDefGraph = {
  name: "SM.DEF|GRAPH",
  run: ({ args, db, server }) => {
    const format = args.length > 3 ? token(args[3]) : "MERMAID";
    const write = WRITERS.get(format ?? "");
    if (args.length > 4) throw tooManyWords("the format");
    if (write === undefined && format !== "SVG")
      throw errors.err(`unknown format; there are ${[...WRITERS.keys(), "SVG"].join(", ")}`);
    const { name, version } = splitDefinitionId(text(argument(args, 2), "definition"));
    const definition = findDefinition(db, name, version);
    if (definition === undefined) return null;
    const machine = server.charts.chartOf(definition);
    const drawing =
      write === undefined ? svg(machine, name) : write(machine, () => objectOf(definition.document));
    if (!drawing.ok) throw errors.err(drawing.reason);
    return drawing.text;
  },
} as const satisfies Handler;
