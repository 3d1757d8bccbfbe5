/** The routes of bulk jobs, failures and permissions, as OpenAPI describes them. */
import type { Json, JsonObject } from "../base/json.ts";
import { ACTIONS, FILTERS, RATE_MAX } from "./bulk-job.ts";

export const PROBLEM_RESPONSE: JsonObject = {
  description: "What is wrong, as a problem document.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

const TEXT: JsonObject = { type: "string" };
const TEXT_OR_NULL: JsonObject = { type: ["string", "null"] };
const INTEGER: JsonObject = { type: "integer" };

function object(properties: Readonly<Record<string, Json>>, required = Object.keys(properties)): JsonObject {
  return { type: "object", properties, required: [...required], additionalProperties: false };
}

function answer(description: string, schema: JsonObject): JsonObject {
  return { description, content: { "application/json": { schema } } };
}

function path(name: string): JsonObject {
  return { name, in: "path", required: true, schema: TEXT };
}

function query(name: string, description: string): JsonObject {
  return { name, in: "query", required: false, description, schema: TEXT };
}

const SUMMARY = {
  ...{ id: TEXT, action: { type: "string", enum: [...ACTIONS] }, event: TEXT_OR_NULL, reason: TEXT_OR_NULL },
  ...{ rate: { type: "number" }, filter: { type: ["object", "null"] }, user: TEXT },
  status: { type: "string", enum: ["counting", "ready", "running", "stopped", "done", "failed"] },
  ...{ fault: TEXT_OR_NULL, created: INTEGER, ended: { type: ["integer", "null"] } },
  ...{ machines: INTEGER, done: INTEGER, unchanged: INTEGER, refused: INTEGER },
  isUndoable: { type: "boolean" },
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
      ...{ operationId, summary, parameters: [path("id")] },
      responses: { [status]: answer("The job.", object(SUMMARY)), default: PROBLEM_RESPONSE },
    },
  };
}

export const JOB_PATHS: Readonly<Record<string, JsonObject>> = {
  "/api/v1/allowed": {
    post: {
      operationId: "askAllowed",
      summary: "Which of some commands the user may run; none is run.",
      requestBody: {
        required: true,
        content: { "application/json": { schema: { type: "array", minItems: 1 } } },
      },
      responses: {
        "200": answer(
          "One for each command.",
          object({ allowed: { type: "array", items: { type: "boolean" } } }),
        ),
        default: PROBLEM_RESPONSE,
      },
    },
  },
  "/api/v1/failures": {
    get: {
      operationId: "listFailures",
      summary: "Failed steps of machines, grouped by their cause.",
      parameters: [
        query("definition", "`name` or `name:version`."),
        query("cursor", "That of the answer before, which had not looked at all machines."),
      ],
      responses: {
        "200": answer(
          "The groups; a cursor of 0 where all machines were looked at.",
          object({
            groups: {
              type: "array",
              items: object({
                ...{ definition: TEXT_OR_NULL, state: TEXT, event: TEXT, code: TEXT, message: TEXT },
                ...{ count: INTEGER, first: INTEGER, last: INTEGER, keys: { type: "array", items: TEXT } },
              }),
            },
            machines: INTEGER,
            cursor: TEXT,
          }),
        ),
        default: PROBLEM_RESPONSE,
      },
    },
  },
  "/api/v1/jobs": {
    get: {
      operationId: "listJobs",
      summary: "The bulk jobs of the user, the latest first.",
      responses: {
        "200": answer("The jobs.", object({ jobs: { type: "array", items: object(SUMMARY) } })),
        default: PROBLEM_RESPONSE,
      },
    },
    post: {
      operationId: "createJob",
      summary: "Chooses machines for an action, and counts them; nothing is changed before it is started.",
      requestBody: { required: true, content: { "application/json": { schema: TASK } } },
      responses: { "201": answer("The job.", object(SUMMARY)), default: PROBLEM_RESPONSE },
    },
  },
  "/api/v1/jobs/{id}": {
    get: {
      operationId: "getJob",
      summary: "A job, with what became of its machines, a hundred at a time.",
      parameters: [
        path("id"),
        query("outcome", "Only `done`, `unchanged`, `refused` or `waiting`."),
        query("from", "Leaves out so many."),
      ],
      responses: {
        "200": answer(
          "The job.",
          object({
            ...SUMMARY,
            found: INTEGER,
            results: {
              type: "array",
              items: object({ key: TEXT, outcome: TEXT_OR_NULL, detail: TEXT }),
            },
          }),
        ),
        default: PROBLEM_RESPONSE,
      },
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
