/** The routes that are no operations, as OpenAPI describes them. */
import type { Json, JsonObject } from "../base/json.ts";
import { JOB_PATHS, PROBLEM_RESPONSE } from "./job-paths.ts";

const TEXT_RESPONSE: JsonObject = { description: "A text.", content: { "text/plain": {} } };

function drawing(operationId: string, names: readonly string[]): JsonObject {
  return {
    get: {
      operationId,
      summary: "The statechart drawn: boxes and lines with their places, or SVG.",
      parameters: [
        ...names.map((name): Json => ({ name, in: "path", required: true, schema: { type: "string" } })),
        {
          ...{ name: "collapsed", in: "query", required: false },
          description: "A state whose inside is left out; may be given several times.",
          schema: { type: "string" },
        },
        { name: "format", in: "query", required: false, schema: { type: "string", enum: ["json", "svg"] } },
      ],
      responses: {
        "200": {
          description: "The drawing.",
          content: {
            "application/json": {
              schema: { type: "object", required: ["width", "height", "boxes", "dots", "lines"] },
            },
            "image/svg+xml": {},
          },
        },
        default: PROBLEM_RESPONSE,
      },
    },
  };
}

export const OTHER_PATHS: Readonly<Record<string, JsonObject>> = {
  "/api/v1/definitions/{name}/drawing": drawing("drawDefinition", ["name"]),
  "/api/v1/definitions/{name}/{version}/drawing": drawing("drawDefinitionVersion", ["name", "version"]),
  "/api/v1/drawings": {
    post: {
      operationId: "drawGraph",
      summary: "The statechart of a definition that is not stored, drawn.",
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              properties: {
                graph: { description: "What SM.DEF GRAPH says in JSON.", type: "object" },
                title: { description: "Of a machine without an id.", type: "string" },
              },
              required: ["graph"],
              additionalProperties: false,
            },
          },
        },
      },
      responses: {
        "200": {
          description: "The drawing.",
          content: {
            "application/json": {
              schema: { type: "object", required: ["width", "height", "boxes", "dots", "lines"] },
            },
          },
        },
        default: PROBLEM_RESPONSE,
      },
    },
  },
  "/api/v1/changes": {
    get: {
      operationId: "followChanges",
      summary: "The change streams as server-sent events; Last-Event-ID goes on behind an event.",
      parameters: [
        ...(
          [
            ["definition", "Only machines of this definition; may be given several times."],
            ["key", "Only machines with this key, or a pattern of keys."],
            ["group", "What this consumer group is given, with `consumer`."],
            ["consumer", "The consumer of the group."],
            [
              "after",
              "Begins behind this entry; `0` with the first that is kept. Otherwise with what comes.",
            ],
          ] as const
        ).map(
          ([name, description]): Json => ({
            name,
            in: "query",
            required: false,
            description,
            schema: { type: "string" },
          }),
        ),
      ],
      responses: {
        "200": {
          description: "Events `change`, `emit`, `gap`, `problem`.",
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
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: { type: "array", minItems: 1 },
            examples: { one: { value: ["SM.STATE", "o1"] }, several: { value: [["MULTI"], ["EXEC"]] } },
          },
        },
      },
      responses: {
        "200": {
          description: "The reply, or a list of replies.",
          content: { "application/json": { schema: {} } },
        },
        default: PROBLEM_RESPONSE,
      },
    },
  },
  ...JOB_PATHS,
  "/api/v1/login": {
    post: {
      operationId: "login",
      summary: "A token for a user and its password, in a cookie and in the answer.",
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              properties: { user: { type: "string", default: "default" }, password: { type: "string" } },
              required: ["password"],
              additionalProperties: false,
            },
          },
        },
      },
      responses: {
        "200": {
          description: "The token, which may be a bearer token too.",
          content: {
            "application/json": {
              schema: {
                type: "object",
                properties: { user: { type: "string" }, token: { type: "string" } },
                required: ["user", "token"],
              },
            },
          },
        },
        default: PROBLEM_RESPONSE,
      },
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
      summary: "The user, and the version of the server.",
      responses: {
        "200": {
          description: "Who asks.",
          content: {
            "application/json": {
              schema: {
                type: "object",
                properties: { user: { type: ["string", "null"] }, version: { type: ["string", "null"] } },
                required: ["user", "version"],
              },
            },
          },
        },
        default: PROBLEM_RESPONSE,
      },
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
