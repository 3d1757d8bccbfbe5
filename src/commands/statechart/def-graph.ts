/** SM.DEF GRAPH name[:version] [MERMAID|DOT|JSON]: a drawing of a definition, as text. */
import { type GraphFormat, graph } from "../../engine/graph.ts";
import { findDefinition, splitDefinitionId } from "../../machines/definitions.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, text, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

const FORMATS: ReadonlyMap<string, GraphFormat> = new Map([
  ["MERMAID", "mermaid"],
  ["DOT", "dot"],
  ["JSON", "json"],
]);

export const smDefGraph = {
  name: "SM.DEF|GRAPH",
  run: ({ args, db, server }) => {
    const format = FORMATS.get(args.length > 3 ? token(args[3]) : "MERMAID");
    if (format === undefined || args.length > 4) throw errors.syntaxError();
    const { name, version } = splitDefinitionId(text(argument(args, 2), "definition"));
    const definition = findDefinition(db, name, version);
    if (definition === undefined) return null;
    const drawing = graph(server.charts.chartOf(definition), format);
    if (!drawing.ok) throw errors.err(drawing.reason);
    return drawing.text;
  },
} as const satisfies Handler;
