/** What descriptions of routes are made of. */
import type { Json, JsonObject } from "../base/json.ts";

export const PROBLEM_RESPONSE: JsonObject = {
  description: "What is wrong, as a problem document.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

export const TEXT: JsonObject = { type: "string" };
export const TEXT_OR_NULL: JsonObject = { type: ["string", "null"] };
export const INTEGER: JsonObject = { type: "integer" };

/** An object with these members and no others. */
export function object(
  properties: Readonly<Record<string, Json>>,
  required = Object.keys(properties),
): JsonObject {
  return { type: "object", properties, required: [...required], additionalProperties: false };
}

export function listOf(items: JsonObject): JsonObject {
  return { type: "array", items };
}

export function jsonBody(schema: JsonObject, more: JsonObject = {}): JsonObject {
  return { required: true, content: { "application/json": { schema, ...more } } };
}

/** Of a route that answers JSON, or a problem. */
export function responses(
  description: string,
  schema: JsonObject,
  status: "200" | "201" = "200",
): JsonObject {
  const answer = { description, content: { "application/json": { schema } } };
  return { [status]: answer, default: PROBLEM_RESPONSE };
}

export function pathParameter(name: string): JsonObject {
  return { name, in: "path", required: true, schema: TEXT };
}

export function queryParameter(name: string, description: string): JsonObject {
  return { name, in: "query", required: false, description, schema: TEXT };
}
