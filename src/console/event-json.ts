/** The data of an event as JSON text, and its fields as a person types them: each can be read off the other. */
import { isInexact, textOfJson, withInexactNumbers } from "../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";

export type FieldType = "number" | "string" | "boolean" | "list" | "object";

/** The data of a text: that of none is empty; undefined where the text is no JSON object. */
export function dataOf(text: string): JsonObject | undefined {
  const value = text.trim() === "" ? {} : parsed(text);
  return isJsonObject(value) ? value : undefined;
}

/** Numbers that a double does not hold keep their digits. */
function parsed(text: string): Json | undefined {
  try {
    return withInexactNumbers(text, JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}

/** The data as text; empty where it has no members. */
export function textOf(data: JsonObject): string {
  return Object.keys(data).length === 0 ? "" : textOfJson(data);
}

/** The data with another value of a field; without the field, and objects that are empty then, where there is none. */
export function withField(
  data: JsonObject,
  [key = "", ...rest]: readonly string[],
  value: Json | undefined,
): JsonObject {
  const old = Object.hasOwn(data, key) ? data[key] : undefined;
  const inner = rest.length === 0 ? value : withField(isJsonObject(old) ? old : {}, rest, value);
  const isEmpty =
    inner === undefined || (rest.length > 0 && isJsonObject(inner) && Object.keys(inner).length === 0);
  const others = Object.entries(data).filter(([name]) => name !== key);
  if (isEmpty) return Object.fromEntries(others);
  return old === undefined ? Object.fromEntries([...others, [key, inner]]) : { ...data, [key]: inner };
}

/** What was typed as a value. What does not fit the type is a string, so that the server has the last word. */
export function typedValue(typed: string, type: FieldType | undefined): Json | undefined {
  if (typed === "") return undefined;
  if (type === "string") return typed;
  const value = parsed(typed);
  if (value === undefined) return typed;
  return type === undefined || fits(value, type) ? value : typed;
}

/** A value as it is typed. */
export function typedText(value: Json | undefined, type: FieldType | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return textOfJson(value);
  // Without its quotes another value would be read.
  return type === "string" || typedValue(value, type) === value ? value : textOfJson(value);
}

/** Whether a value is of a type; one of no known type is of any. */
export function fits(value: Json, type: FieldType | undefined): boolean {
  switch (type) {
    case undefined:
      return true;
    case "list":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "number":
      return typeof value === "number" || isInexact(value);
    default:
      return typeof value === type;
  }
}
