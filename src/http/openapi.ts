/** /api/v1/openapi.json: the interface described, from the operations and from what commands.json says of their commands. */
import type { Hono } from "hono";
import type { Json, JsonObject } from "../base/json.ts";
import { isJsonObject } from "../base/json.ts";
import { type Catalogue, findByFullName } from "../catalogue/catalogue.ts";
import { DETENT_VERSION } from "../commands/versions.ts";
import type { Access } from "./access.ts";
import type { Env } from "./app-context.ts";

import { PROBLEM_RESPONSE } from "./openapi-parts.ts";
import { bodyFields, type Field, type Operation, pathParameters } from "./operation.ts";
import { OTHER_PATHS } from "./other-paths.ts";
import { operationsOf } from "./rest.ts";

export function addOpenApi(app: Hono<Env>, { server }: Access): void {
  let text: string | undefined;
  app.get("/api/v1/openapi.json", (context) => {
    text ??= `${JSON.stringify(openApi(server.catalogue), undefined, 1)}\n`;
    return context.body(text, 200, { "content-type": "application/json" });
  });
}

/** The OpenAPI document, version 3.1. */
export function openApi(catalogue: Catalogue): JsonObject {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operationsOf(catalogue)) {
    const path = paths[operation.path] ?? {};
    path[operation.method.toLowerCase()] = operationObject(operation, catalogue);
    paths[operation.path] = path;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Detent",
      version: DETENT_VERSION,
      description:
        "Durable, validated state machines. Every operation is a command of the server, with its users and permissions.",
    },
    servers: [{ url: "/" }],
    security: [{}, { basic: [] }, { bearer: [] }],
    paths: { ...paths, ...OTHER_PATHS },
    components: {
      securitySchemes: {
        basic: { type: "http", scheme: "basic" },
        bearer: { type: "http", scheme: "bearer" },
      },
      schemas: { Problem: PROBLEM },
    },
  };
}

const PROBLEM: JsonObject = {
  description: "RFC 9457",
  type: "object",
  properties: {
    type: { type: "string", description: "`urn:detent:error:` and the code." },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", description: "The code of the error reply." },
    detail: { type: "string", description: "Its text." },
    accepted: {
      type: "array",
      items: { type: "string" },
      description: "Of a refused event: what the machine accepts.",
    },
    guards: {
      type: "array",
      items: { type: "object" },
      description: "Of a refused event: the guards that were tried, with the values they read.",
    },
  },
  required: ["type", "title", "status", "code", "detail"],
};

function operationObject(operation: Operation, catalogue: Catalogue): JsonObject {
  const declaration = findByFullName(catalogue, operation.command)?.declaration;
  const body = requestBody(operation);
  return {
    operationId: operation.id,
    summary: operation.summary ?? declaration?.summary ?? "",
    description: `Command: ${operation.command.replace("|", " ")}. ${declaration?.complexity ?? ""}`,
    parameters: [
      ...pathParameters(operation.path).map(
        (name): Json => ({ name, in: "path", required: true, schema: { type: "string" } }),
      ),
      ...(operation.query ?? []).map(
        (field): Json => ({
          name: field.name,
          in: "query",
          required: field.isRequired === true,
          description: field.description,
          schema: fieldSchema(field),
        }),
      ),
      { name: "db", in: "query", required: false, description: "The database.", schema: { type: "integer" } },
      {
        ...{ name: "as", in: "query", required: false, schema: { type: "string" } },
        description: "With the rights of this user, for whoever may ACL SETUSER; nothing is changed then.",
      },
    ],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      [String(operation.status ?? 200)]: success(operation, declaration?.replySchema),
      default: PROBLEM_RESPONSE,
    },
  };
}

function requestBody(operation: Operation): JsonObject | undefined {
  const { body } = operation;
  if (body === undefined) return undefined;
  if ("document" in body)
    return {
      required: true,
      description: body.document,
      content: { "application/json": { schema: { type: "object" } } },
    };
  const fields = bodyFields(operation);
  const required = fields.filter((field) => field.isRequired === true).map(({ name }) => name);
  const schema: JsonObject = {
    type: "object",
    properties: Object.fromEntries(
      fields.map((field) => [field.name, { ...fieldSchema(field), description: field.description }]),
    ),
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
  };
  return { required: required.length > 0, content: { "application/json": { schema } } };
}

function fieldSchema({ type, choices, fallback }: Field): JsonObject {
  const preset = fallback === undefined ? {} : { default: type === "integer" ? Number(fallback) : fallback };
  if (type === "json") return {};
  if (type === "strings") return { type: "array", items: { type: "string" } };
  if (type === "choice") return { type: "string", enum: choices ?? [] };
  return { type, ...preset };
}

function success(operation: Operation, reply: JsonObject | undefined): JsonObject {
  const { status, mediaType, member } = operation;
  if (status === 204) return { description: "Done." };
  if (mediaType !== undefined)
    return { description: "The text.", content: { "application/json": {}, "text/plain": {} } };
  const schema = answerSchema(operation, reply ?? {});
  const whole =
    member === undefined
      ? schema
      : { type: "object", properties: { [member]: schema }, required: [member], additionalProperties: false };
  return { description: "The answer.", content: { "application/json": { schema: whole } } };
}

/** What an operation answers, from what its command replies. */
function answerSchema({ id, json = [], replies }: Operation, reply: JsonObject): JsonObject {
  if (id === "listMachines") return PAGE;
  if (id === "getOutcome") return { type: "object" };
  if (id === "createMachine") return { type: "object" };
  const plain = jsonSchema(reply, new Set(json));
  return isJsonObject(plain) ? withoutNull(replies === undefined ? plain : ofType(plain, replies)) : {};
}

/** The one of several replies that has a type. */
function ofType(schema: JsonObject, type: string): JsonObject {
  const parts: readonly Json[] = Array.isArray(schema["anyOf"]) ? schema["anyOf"] : [];
  return parts.filter(isJsonObject).find((part) => part["type"] === type) ?? schema;
}

const PAGE: JsonObject = {
  type: "object",
  properties: {
    cursor: { type: "string", description: "That of the next page; `0` after the last." },
    machines: {
      type: "array",
      items: { type: "object", properties: { key: { type: "string" } }, required: ["key"] },
    },
  },
  required: ["cursor", "machines"],
  additionalProperties: false,
};

/** A reply that is null is a problem document, not an answer. */
function withoutNull(schema: JsonObject): JsonObject {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const kept = anyOf.filter((part: Json) => !(isJsonObject(part) && part["type"] === "null"));
  const [only] = kept;
  return kept.length === 1 && isJsonObject(only) ? only : { ...schema, anyOf: kept };
}

/** The schema of a reply as one of JSON Schema 2020-12, with any value for what is embedded as JSON. */
function jsonSchema(schema: Json, embedded: ReadonlySet<string>): Json {
  if (Array.isArray(schema)) return schema.map((part: Json) => jsonSchema(part, embedded));
  if (!isJsonObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]): [string, Json] => {
      if (keyword === "items" && Array.isArray(value)) return ["prefixItems", jsonSchema(value, embedded)];
      if (keyword !== "properties" || !isJsonObject(value)) return [keyword, jsonSchema(value, embedded)];
      const parts = Object.entries(value).map(([name, part]): [string, Json] => [
        name,
        embedded.has(name) ? { description: descriptionOf(part) } : jsonSchema(part, embedded),
      ]);
      return [keyword, Object.fromEntries(parts)];
    }),
  );
}

function descriptionOf(part: Json): string {
  const text = JSON.stringify(part);
  return /"description":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? "JSON.";
}
