/** The routes of bulk jobs, failures and permissions, as OpenAPI describes them. */
import type { JsonObject } from "../base/json.ts";
import { ACTIONS, FILTERS, RATE_MAX } from "./bulk-task.ts";
import {
  INTEGER,
  jsonBody,
  listOf,
  object,
  pathParameter,
  queryParameter,
  responses,
  TEXT,
  TEXT_OR_NULL,
} from "./openapi-parts.ts";

const SUMMARY = {
  ...{ id: TEXT, action: { type: "string", enum: [...ACTIONS] }, event: TEXT_OR_NULL, reason: TEXT_OR_NULL },
  ...{ rate: { type: "number" }, filter: { type: ["object", "null"] }, user: TEXT },
  status: { type: "string", enum: ["counting", "ready", "running", "stopped", "done", "failed"] },
  ...{ fault: TEXT_OR_NULL, created: INTEGER, ended: { type: ["integer", "null"] } },
  ...{ machines: INTEGER, done: INTEGER, unchanged: INTEGER, refused: INTEGER },
  isUndoable: { type: "boolean" },
  server: { ...TEXT_OR_NULL, description: "Of a cluster another one, which runs it or has run it." },
};

const TASK: JsonObject = object(
  {
    action: { type: "string", enum: [...ACTIONS] },
    filter: object(Object.fromEntries(FILTERS.map(([name]) => [name, { type: ["string", "integer"] }])), []),
    keys: { description: "Instead of a filter.", type: "array", items: TEXT },
    event: { description: "Of `send`.", type: "string" },
    data: { description: "Of the event." },
    reason: { description: "Why, for the history.", type: "string" },
    rate: {
      ...{ description: "Machines a second.", type: "number" },
      ...{ minimum: 0.1, maximum: RATE_MAX, default: 100 },
    },
  },
  ["action"],
);

function step(operationId: string, summary: string, status: "200" | "201"): JsonObject {
  return {
    post: {
      ...{ operationId, summary, parameters: [pathParameter("id")] },
      responses: responses("The job.", object(SUMMARY), status),
    },
  };
}

const GROUP = object({
  ...{ definition: TEXT_OR_NULL, state: TEXT, event: TEXT, code: TEXT, message: TEXT },
  ...{ count: INTEGER, first: INTEGER, last: INTEGER, keys: listOf(TEXT) },
});

const STREAM = object({
  ...{ name: TEXT, length: INTEGER },
  groups: listOf(
    object({ name: TEXT, consumers: INTEGER, pending: INTEGER, lag: { type: ["integer", "null"] } }),
  ),
});

export const JOB_PATHS: Readonly<Record<string, JsonObject>> = {
  "/api/v1/allowed": {
    post: {
      operationId: "askAllowed",
      summary: "Which of some commands the user may run; none is run.",
      requestBody: jsonBody({ type: "array", minItems: 1 }),
      responses: responses("One for each command.", object({ allowed: listOf({ type: "boolean" }) })),
    },
  },
  "/api/v1/failures": {
    get: {
      operationId: "listFailures",
      summary: "Failed steps of machines, grouped by their cause.",
      parameters: [
        queryParameter("definition", "`name` or `name:version`."),
        queryParameter("cursor", "That of the answer before, which had not looked at all machines."),
      ],
      responses: responses(
        "The groups; a cursor of 0 where all machines were looked at.",
        object({ groups: listOf(GROUP), machines: INTEGER, cursor: TEXT }),
      ),
    },
  },
  "/api/v1/streams": {
    get: {
      operationId: "listStreams",
      summary: "The streams that machines write, with their groups; those that the user may read.",
      responses: responses("The streams.", object({ streams: listOf(STREAM) })),
    },
  },
  "/api/v1/jobs": {
    get: {
      operationId: "listJobs",
      summary: "The bulk jobs of the user, the latest first.",
      responses: responses("The jobs.", object({ jobs: listOf(object(SUMMARY)) })),
    },
    post: {
      operationId: "createJob",
      summary: "Chooses machines for an action, and counts them; nothing is changed before it is started.",
      requestBody: jsonBody(TASK),
      responses: responses("The job.", object(SUMMARY), "201"),
    },
  },
  "/api/v1/jobs/{id}": {
    get: {
      operationId: "getJob",
      summary: "A job, with what became of its machines, a hundred at a time.",
      parameters: [
        pathParameter("id"),
        queryParameter("outcome", "Only `done`, `unchanged`, `refused` or `waiting`."),
        queryParameter("from", "Leaves out so many."),
      ],
      responses: responses(
        "The job.",
        object({
          ...SUMMARY,
          data: { type: ["string", "null"], description: "That of the event, JSON." },
          found: INTEGER,
          results: listOf(object({ key: TEXT, outcome: TEXT_OR_NULL, detail: TEXT })),
        }),
      ),
    },
  },
  "/api/v1/jobs/{id}/start": step("startJob", "Begins a job that is ready.", "200"),
  "/api/v1/jobs/{id}/stop": step("stopJob", "Ends a job; what was done stays done.", "200"),
  "/api/v1/jobs/{id}/undo": step(
    "undoJob",
    "A job that takes another one back, where nothing has happened since.",
    "201",
  ),
};
