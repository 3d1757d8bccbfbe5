/** Reads what a request has brought for an operation, and says what is wrong with it. */
import { isJsonObject } from "../base/json.ts";
import { bodyText, parseBody, rawMembers } from "./body.ts";
import { bodyFields, type Field, type Input, type Operation } from "./operation.ts";
import { badRequest } from "./problem.ts";

type Values = Map<string, string | readonly string[]>;

const INTEGER = /^-?\d{1,19}$/;

/** @throws Problem when something is missing, unknown or of the wrong type, or the body is too long */
export async function inputOf(
  operation: Operation,
  request: Request,
  { path, bodyBytesMax }: { readonly path: ReadonlyMap<string, string>; readonly bodyBytesMax: number },
): Promise<Input> {
  const values: Values = new Map(path);
  readQuery(operation.query ?? [], new URL(request.url).searchParams, values);
  const text = operation.method === "GET" ? undefined : await bodyText(request, bodyBytesMax);
  const fields = bodyFields(operation);
  const isDocument = operation.body !== undefined && "document" in operation.body;
  if (isDocument && text === undefined)
    throw badRequest(422, "the body is missing: send the document as JSON");
  if (!isDocument && text !== undefined) readBody(fields, text, values);
  for (const { name, isRequired } of [...(operation.query ?? []), ...fields]) {
    if (isRequired === true && !values.has(name)) throw badRequest(422, `'${name}' is missing`);
  }
  return { values, document: text ?? "", headers: request.headers };
}

function readQuery(fields: readonly Field[], query: URLSearchParams, values: Values): void {
  for (const [name, value] of query) {
    if (name === "db" || name === "as") continue;
    const field = fieldNamed(fields, name, "parameter");
    if (field.type === "boolean" && value !== "true" && value !== "false")
      throw wrongType(field, "true or false");
    if (field.type === "integer" && !INTEGER.test(value)) throw wrongType(field, "a whole number");
    if (field.type === "choice" && field.choices?.includes(value) !== true)
      throw wrongType(field, `one of ${field.choices?.join(", ")}`);
    values.set(name, value);
  }
}

function fieldNamed(fields: readonly Field[], name: string, kind: "field" | "parameter"): Field {
  const field = fields.find((one) => one.name === name);
  if (field !== undefined) return field;
  const known = fields.map((one) => one.name).join(", ");
  throw badRequest(
    422,
    `there is no ${kind} '${name.slice(0, 64)}'; ${known === "" ? "there is none" : `there are ${known}`}`,
  );
}

function wrongType({ name }: Field, wanted: string) {
  return badRequest(422, `'${name}' must be ${wanted}`);
}

/** The fields of an object; what is JSON of its own stays the text it was. */
function readBody(fields: readonly Field[], text: string, values: Values): void {
  if (!isJsonObject(parseBody(text))) throw badRequest(422, "the body must be a JSON object");
  const members = new Map<string, string>();
  for (const [name, raw] of rawMembers(text)) {
    if (members.has(name)) throw badRequest(422, `'${name.slice(0, 64)}' is given twice`);
    members.set(name, raw);
  }
  for (const [name, raw] of members) {
    const field = fieldNamed(fields, name, "field");
    // Null stands for a field that is not there, except where it is a value.
    if (raw === "null" && field.type !== "json") continue;
    values.set(name, fieldValue(field, raw));
  }
}

function fieldValue(field: Field, raw: string): string | readonly string[] {
  if (field.type === "json") return raw;
  if (field.type === "integer") {
    if (!INTEGER.test(raw)) throw wrongType(field, "a whole number");
    return raw;
  }
  const value = parseBody(raw);
  if (field.type === "boolean") {
    if (typeof value !== "boolean") throw wrongType(field, "true or false");
    return String(value);
  }
  if (field.type === "strings") {
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
      throw wrongType(field, "a list of strings");
    return value as readonly string[];
  }
  if (typeof value !== "string") throw wrongType(field, "a string");
  return value;
}
