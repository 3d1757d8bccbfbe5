/** The routes that are no operations, as OpenAPI describes them. */
import type { JsonObject } from "../base/json.ts";
import { JOB_PATHS } from "./job-paths.ts";
import {
  INTEGER,
  jsonBody,
  listOf,
  object,
  PROBLEM_RESPONSE,
  pathParameter,
  queryParameter,
  responses,
  TEXT,
  TEXT_OR_NULL,
} from "./openapi-parts.ts";

const TEXT_RESPONSE: JsonObject = { description: "A text.", content: { "text/plain": {} } };

const DRAWING: JsonObject = { type: "object", required: ["width", "height", "boxes", "dots", "lines"] };

/** The path without a version, which stands for the newest, and the one with it. */
function both(
  what: string,
  operationId: string,
  describe: (operationId: string, parameters: readonly JsonObject[]) => JsonObject,
): Readonly<Record<string, JsonObject>> {
  const [name, version] = [pathParameter("name"), pathParameter("version")];
  return {
    [`/api/v1/definitions/{name}/${what}`]: describe(operationId, [name]),
    [`/api/v1/definitions/{name}/{version}/${what}`]: describe(`${operationId}Version`, [name, version]),
  };
}

function drawing(operationId: string, parameters: readonly JsonObject[]): JsonObject {
  const ok = {
    description: "The drawing.",
    content: { "application/json": { schema: DRAWING }, "image/svg+xml": {} },
  };
  return {
    get: {
      operationId,
      summary: "The statechart drawn: boxes and lines with their places, or SVG.",
      parameters: [
        ...parameters,
        queryParameter("collapsed", "A state whose inside is left out; may be given several times."),
        { name: "format", in: "query", required: false, schema: { type: "string", enum: ["json", "svg"] } },
      ],
      responses: { "200": ok, default: PROBLEM_RESPONSE },
    },
  };
}

const STAYS = object({ state: TEXT, stays: INTEGER, p50: INTEGER, p95: INTEGER });
const EDGE = object({ from: TEXT, to: listOf(TEXT), event: TEXT, taken: INTEGER, lastHour: INTEGER });

function flow(operationId: string, parameters: readonly JsonObject[]): JsonObject {
  return {
    get: {
      operationId,
      summary:
        "How long machines stay in each state, in ms, and how often each transition was taken, since the start of the server.",
      parameters: [...parameters],
      responses: responses(
        "Only what was left, and taken, is listed; `isPartial` where there was too much to be counted.",
        object({
          ...{ definition: TEXT, since: INTEGER, isPartial: { type: "boolean" } },
          ...{ states: listOf(STAYS), edges: listOf(EDGE) },
        }),
      ),
    },
  };
}

const EFFECT = object({
  ...{ rev: INTEGER, at: INTEGER },
  kind: { type: "string", enum: ["task", "emit", "send", "spawn", "stop"] },
  ...{ name: TEXT_OR_NULL, to: TEXT_OR_NULL, number: { type: ["integer", "null"] }, id: TEXT_OR_NULL },
});

export const OTHER_PATHS: Readonly<Record<string, JsonObject>> = {
  ...both("drawing", "drawDefinition", drawing),
  ...both("flow", "flowOfDefinition", flow),
  "/api/v1/rates": {
    get: {
      operationId: "listRates",
      summary:
        "How often machines of each definition were made or changed, counted since the start of the server, in a cluster by all that hold partitions.",
      responses: responses(
        "Changes in the last minute, and in each minute of the last hour, the oldest first.",
        object({
          rates: listOf(object({ definition: TEXT, lastMinute: INTEGER, minutes: listOf(INTEGER) })),
        }),
      ),
    },
  },
  "/api/v1/overview": {
    get: {
      operationId: "overview",
      summary: "The fields of INFO that tell how machines and the server are.",
      responses: responses(
        "What is counted is the sum over all servers of a cluster; what one server is like, its memory for one, is that of the one that is asked.",
        object({ servers: INTEGER, fields: { type: "object", additionalProperties: TEXT } }),
      ),
    },
  },
  "/api/v1/drawings": {
    post: {
      operationId: "drawGraph",
      summary: "The statechart of a definition that is not stored, drawn.",
      requestBody: jsonBody(
        object(
          {
            graph: { description: "What SM.DEF GRAPH says in JSON.", type: "object" },
            title: { description: "Of a machine without an id.", type: "string" },
          },
          ["graph"],
        ),
      ),
      responses: responses("The drawing.", DRAWING),
    },
  },
  "/api/v1/machines/{key}/effects": {
    get: {
      operationId: "listEffects",
      summary: "What has left the machine with its latest thousand changes, the oldest first.",
      parameters: [pathParameter("key")],
      responses: responses(
        "Events for machines, tasks, emitted events, children.",
        object({ effects: listOf(EFFECT) }),
      ),
    },
  },
  "/api/v1/machines/{key}/export": {
    get: {
      operationId: "exportMachine",
      summary: "The machine with its history and its definition, in the form of `detent export`.",
      parameters: [pathParameter("key")],
      responses: {
        "200": { description: "Lines of JSON.", content: { "application/jsonl": {} } },
        default: PROBLEM_RESPONSE,
      },
    },
  },
  "/api/v1/changes": {
    get: {
      operationId: "followChanges",
      summary: "The change streams as server-sent events; Last-Event-ID goes on behind an event.",
      parameters: [
        queryParameter("definition", "Only machines of this definition; may be given several times."),
        queryParameter("key", "Only machines with this key, or a pattern of keys."),
        queryParameter("group", "What this consumer group is given, with `consumer`."),
        queryParameter("consumer", "The consumer of the group."),
        queryParameter(
          "after",
          "Begins behind this entry; `0` with the first that is kept. Otherwise with what comes.",
        ),
        queryParameter(
          "every",
          "Instead of each change a summary of what has changed, at most once in so many milliseconds (100 to 60000).",
        ),
      ],
      responses: {
        "200": {
          description: "Events `change`, `emit`, `gap`, `problem`; with `every` events `changed`.",
          content: { "text/event-stream": {} },
        },
        default: PROBLEM_RESPONSE,
      },
    },
  },
  "/api/v1/commands": {
    post: {
      operationId: "runCommands",
      summary: "Any command, or several one behind the other; RESP3 values as JSON.",
      requestBody: jsonBody(
        { type: "array", minItems: 1 },
        { examples: { one: { value: ["SM.STATE", "o1"] }, several: { value: [["MULTI"], ["EXEC"]] } } },
      ),
      responses: responses("The reply, or a list of replies.", {}),
    },
  },
  ...JOB_PATHS,
  "/api/v1/login": {
    post: {
      operationId: "login",
      summary: "A token for a user and its password, in a cookie and in the answer.",
      requestBody: jsonBody(
        object({ user: { type: "string", default: "default" }, password: TEXT }, ["password"]),
      ),
      responses: responses(
        "The token, which may be a bearer token too.",
        object({ user: TEXT, token: TEXT }),
      ),
    },
    delete: {
      operationId: "logout",
      summary: "Ends the token of the cookie.",
      responses: { "204": { description: "Done." } },
    },
  },
  "/api/v1/whoami": {
    get: {
      operationId: "whoami",
      summary: "The user, the version of the server, and whether the request has the cookie of a login.",
      responses: responses(
        "The user of the request.",
        object({ user: TEXT_OR_NULL, version: TEXT_OR_NULL, login: { type: "boolean" } }),
      ),
    },
  },
  "/metrics": {
    get: {
      operationId: "metrics",
      summary: "Figures for Prometheus.",
      responses: { "200": TEXT_RESPONSE, default: PROBLEM_RESPONSE },
    },
  },
  "/healthz": {
    get: {
      operationId: "healthz",
      summary: "Whether the process answers.",
      responses: { "200": TEXT_RESPONSE },
    },
  },
  "/readyz": {
    get: {
      operationId: "readyz",
      summary: "Whether requests are served and writes taken.",
      responses: { "200": TEXT_RESPONSE, "503": TEXT_RESPONSE },
    },
  },
};

/** The routes by method, and that of the description, which does not describe itself. */
export const OTHER_ROUTES: ReadonlyArray<{ readonly method: string; readonly path: string }> = [
  ...Object.entries(OTHER_PATHS).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  ),
  { method: "GET", path: "/api/v1/openapi.json" },
];
