/** Definitions as resources. */
import type { Answer } from "./answer.ts";
import { RawJson } from "./answer.ts";
import { type Input, type Operation, textOf } from "./operation.ts";

const NO_DEFINITION = ["NODEF", "there is no such definition"] as const;
const DOCUMENT = { document: "The definition, a machine config as JSON." };

function definitionId(input: Input): string {
  const [name, version] = [textOf(input, "name") ?? "", textOf(input, "version")];
  return version === undefined ? name : `${name}:${version}`;
}

/** The text of a document as JSON. */
async function asDocument(answer: Answer): Promise<Answer> {
  return typeof answer === "string" ? new RawJson(answer) : answer;
}

/** The path with a version and the one without, which stands for the newest. */
function both(operation: Operation): readonly Operation[] {
  const versioned = operation.path.replace("{name}", "{name}/{version}");
  return [operation, { ...operation, path: versioned, id: `${operation.id}Version` }];
}

const GRAPH_TYPES: ReadonlyMap<string, string> = new Map([
  ["json", "application/json"],
  ["svg", "image/svg+xml"],
]);

export const DEFINITION_OPERATIONS: readonly Operation[] = [
  {
    method: "GET",
    path: "/api/v1/definitions",
    id: "listDefinitions",
    command: "SM.DEF|LIST",
    query: [{ name: "name", type: "string", description: "Only the versions of this name." }],
    member: "definitions",
  },
  {
    method: "POST",
    path: "/api/v1/definitions/check",
    id: "checkDefinition",
    command: "SM.DEF|CHECK",
    body: DOCUMENT,
    request: ({ document }) => ["SM.DEF", "CHECK", document],
    member: "findings",
  },
  // Before what would take `graph` for a version.
  ...both({
    method: "GET",
    path: "/api/v1/definitions/{name}/graph",
    id: "graphDefinition",
    command: "SM.DEF|GRAPH",
    query: [
      {
        name: "format",
        type: "string",
        description: "`mermaid` unless given, `dot`, `json`, or another that SM.DEF GRAPH knows.",
        fallback: "mermaid",
      },
    ],
    request: (input) => ["SM.DEF", "GRAPH", definitionId(input), textOf(input, "format") ?? "mermaid"],
    absent: NO_DEFINITION,
    mediaType: (input) =>
      GRAPH_TYPES.get((textOf(input, "format") ?? "").toLowerCase()) ?? "text/plain; charset=utf-8",
  }),
  ...both({
    method: "GET",
    path: "/api/v1/definitions/{name}",
    id: "getDefinition",
    command: "SM.DEF|GET",
    request: (input) => ["SM.DEF", "GET", definitionId(input)],
    absent: NO_DEFINITION,
    refine: asDocument,
    mediaType: () => "application/json",
  }),
  ...both({
    method: "PUT",
    path: "/api/v1/definitions/{name}",
    id: "putDefinition",
    command: "SM.DEF|CREATE",
    body: DOCUMENT,
    request: (input) => ["SM.DEF", "CREATE", definitionId(input), input.document],
    member: "id",
  }),
  {
    method: "DELETE",
    path: "/api/v1/definitions/{name}/{version}",
    id: "deleteDefinition",
    command: "SM.DEF|DEL",
    request: (input) => ["SM.DEF", "DEL", definitionId(input)],
    refine: async (answer) => (answer === 0 ? null : answer),
    absent: NO_DEFINITION,
    status: 204,
  },
];
