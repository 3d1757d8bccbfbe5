/**
 * Validation of replies against the reply schemas of commands.json. The test client does it for every reply of every
 * test (`reply-checker.ts`), so that a schema cannot drift from what the server sends.
 *
 * A reply is taken as `resp-decoder.ts` decodes it: null of any kind as null, integers as number or bigint, strings of
 * any kind as string (Buffers are taken too), arrays, Sets and Pushes as array, Maps (and objects) as object, doubles
 * as number, booleans as boolean. An error as a whole reply has no schema and must not be passed.
 *
 * Schemas are written for RESP3. In RESP2 a map is a flat array, a double a string and a boolean 0 or 1: for that
 * protocol the schema is translated, so RESP2 replies are checked just as strictly.
 */
import { Ajv, type ValidateFunction } from "ajv";
import { isJsonObject, type Json, type JsonObject } from "../../src/base/json.ts";
import { CATALOGUE, findByFullName, findCommand } from "../../src/catalogue/catalogue.ts";
import type { ProtocolVersion } from "../../src/protocol/reply.ts";
import { type Decoded, Push, ReplyFailure } from "./resp-decoder.ts";

export type DecodedReply =
  | Decoded
  | Buffer
  | readonly DecodedReply[]
  | { readonly [key: string]: DecodedReply };

/**
 * What is wrong with a reply, or undefined if it is as declared.
 * `name` is the full name in any case, `config|get`.
 */
export function replyProblem(
  name: string,
  reply: DecodedReply,
  protocol: ProtocolVersion,
): string | undefined {
  const validate = validatorOf(name, protocol);
  if (validate(plain(reply))) return undefined;
  const errors = ajv.errorsText(validate.errors, { dataVar: "reply", separator: "\n  " });
  return `the RESP${protocol} reply of ${name} is not as commands.json declares it:\n  ${errors}\n  ${show(reply)}`;
}

/** As replyProblem. @throws Error with the problem, if there is one. */
export function validateReply(name: string, reply: DecodedReply, protocol: ProtocolVersion): void {
  const problem = replyProblem(name, reply, protocol);
  if (problem !== undefined) throw new Error(problem);
}

/** The full name, as in commands.json, of the command that a request names; undefined if there is none. */
export function declaredName(request: ReadonlyArray<string | number | Buffer>): string | undefined {
  const words = request.map((word) => (Buffer.isBuffer(word) ? word : Buffer.from(String(word))));
  return findCommand(CATALOGUE, words)?.declaration.name;
}

const ajv = new Ajv({ strictTuples: false, strictTypes: false, strictNumbers: false, allErrors: true });
ajv.addKeyword({ keyword: "flatMapOf", compile: flatMapValidator });

const validators = new Map<string, ValidateFunction>();

function validatorOf(name: string, protocol: ProtocolVersion): ValidateFunction {
  const key = `${name} ${protocol}`;
  let validate = validators.get(key);
  if (validate === undefined) {
    const schema = findByFullName(CATALOGUE, name)?.declaration.replySchema;
    if (schema === undefined) throw new Error(`commands.json has no reply schema for ${name}`);
    validate = ajv.compile(protocol === 3 ? schema : resp2Schema(schema));
    validators.set(key, validate);
  }
  return validate;
}

/** The schema of the same reply in RESP2. */
function resp2Schema(schema: JsonObject): JsonObject {
  const parts = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, resp2Keyword(keyword, value)]),
  );
  if (schema["type"] === "object") return { flatMapOf: parts };
  if (schema["type"] === "number")
    return { type: "string", pattern: "^(-?[0-9.]+(e[+-]?[0-9]+)?|-?inf|nan)$" };
  if (schema["type"] === "boolean") return { enum: [0, 1] };
  return parts;
}

function resp2Keyword(keyword: string, value: Json): Json {
  switch (keyword) {
    case "items":
    case "anyOf":
      return Array.isArray(value) ? value.map(resp2Part) : resp2Part(value);
    case "properties":
    case "patternProperties":
      return isJsonObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, resp2Part(part)]))
        : value;
    case "additionalProperties":
      return resp2Part(value);
    default:
      return value;
  }
}

function resp2Part(schema: Json): Json {
  return isJsonObject(schema) ? resp2Schema(schema) : schema;
}

/** Accepts the flat array of a map whose pairs, taken as an object, match the schema. */
function flatMapValidator(schema: JsonObject): (reply: unknown) => boolean {
  const validate = ajv.compile(schema);
  return (reply) => {
    if (!Array.isArray(reply) || reply.length % 2 !== 0) return false;
    const pairs = reply.flatMap((key, index) => (index % 2 === 0 ? [[String(key), reply[index + 1]]] : []));
    return validate(Object.fromEntries(pairs));
  };
}

/** The reply as JSON.parse could have returned it, which is what ajv expects. */
function plain(reply: unknown): unknown {
  if (typeof reply === "bigint") return Number(reply);
  if (reply === null || typeof reply !== "object") return reply;
  if (Buffer.isBuffer(reply)) return reply.toString("latin1");
  if (Array.isArray(reply) || reply instanceof Set) return [...reply].map(plain);
  if (reply instanceof Push) return reply.items.map(plain);
  if (reply instanceof ReplyFailure) return { error: reply.message };
  const entries = reply instanceof Map ? [...reply.entries()] : Object.entries(reply);
  return Object.fromEntries(entries.map(([key, value]) => [String(plain(key)), plain(value)]));
}

function show(reply: DecodedReply): string {
  return `reply: ${JSON.stringify(plain(reply))?.slice(0, 500)}`;
}
