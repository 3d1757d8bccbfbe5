/**
 * Replies as JSON: what a RESP3 client sees, in the values JSON has.
 *
 * | reply                     | JSON                                                                          |
 * | ------------------------- | ----------------------------------------------------------------------------- |
 * | strings                   | string; bytes that are no UTF-8: `{"base64": "…"}`                            |
 * | integers                  | number, all digits                                                            |
 * | double                    | number; `"inf"`, `"-inf"`, `"nan"`                                            |
 * | map                       | object; keys as text                                                          |
 * | array, set, push, several | array                                                                         |
 * | error                     | `{"error": {"code", "detail"}}`; as a whole reply a problem document          |
 * | null, none                | null                                                                          |
 *
 * Replies are turned into values at once when they leave the executor: their buffers belong to the store.
 */
import { isUtf8 } from "node:buffer";
import type { Reply, TaggedReply } from "../protocol/reply.ts";
import { isArray, singly } from "../protocol/reply-kinds.ts";

/** A value on its way to JSON. */
export type Answer =
  | null
  | boolean
  | number
  | bigint
  | string
  | RawJson
  | AnswerError
  | readonly Answer[]
  | ReadonlyMap<string, Answer>;

/** The text of a JSON value, which goes out as it is: the numbers in it may be such as a double does not hold. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export class AnswerError {
  readonly code: string;
  readonly detail: string;

  /** `message` begins with the code. */
  constructor(message: string) {
    const end = message.indexOf(" ");
    this.code = end < 0 ? message : message.slice(0, end);
    this.detail = end < 0 ? "" : message.slice(end + 1);
  }
}

/** The value of a reply; it holds on to no memory of the reply. */
export function answerOf(reply: Reply): Answer {
  if (reply === null || typeof reply !== "object") return reply;
  if (Buffer.isBuffer(reply)) return textOrBytes(reply);
  if (isArray(reply)) return reply.map(answerOf);
  return taggedAnswer(reply);
}

function taggedAnswer(reply: TaggedReply): Answer {
  switch (reply.kind) {
    case "simple":
    case "verbatim":
      return reply.text;
    case "bigNumber":
      return BigInt(reply.digits);
    case "error":
      // As the writer of RESP has it: an error is one line.
      return new AnswerError(reply.message.replaceAll(/[\r\n]/g, " "));
    case "nullArray":
    case "none":
      return null;
    case "map":
      return new Map(reply.entries.map(([key, value]) => [nameOf(answerOf(key)), answerOf(value)]));
    case "set":
    case "push":
      return reply.items.map(answerOf);
    case "several":
      return reply.replies.map(answerOf);
    case "bulks":
      return answerOf(singly(reply));
    case "double":
      return reply.value;
    case "boolean":
      return reply.value;
  }
}

function textOrBytes(bytes: Buffer): Answer {
  return isUtf8(bytes) ? bytes.toString("utf8") : new Map([["base64", bytes.toString("base64")]]);
}

function nameOf(key: Answer): string {
  return typeof key === "string" ? key : jsonOf(key);
}

/** The JSON text of a value. */
export function jsonOf(answer: Answer): string {
  if (answer === null || typeof answer === "boolean" || typeof answer === "string")
    return JSON.stringify(answer);
  if (typeof answer === "number") return numberText(answer);
  if (typeof answer === "bigint") return String(answer);
  if (answer instanceof RawJson) return answer.text;
  if (answer instanceof AnswerError)
    return `{"error":${JSON.stringify({ code: answer.code, detail: answer.detail })}}`;
  if (isMap(answer))
    return `{${Array.from(answer, ([key, value]) => `${JSON.stringify(key)}:${jsonOf(value)}`).join(",")}}`;
  return `[${answer.map(jsonOf).join(",")}]`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return JSON.stringify(value);
  return Number.isNaN(value) ? '"nan"' : value > 0 ? '"inf"' : '"-inf"';
}

/** Whether a value is that of a map reply. */
export function isMap(answer: Answer | undefined): answer is ReadonlyMap<string, Answer> {
  return answer instanceof Map;
}

/** Whether a value is that of an array reply. */
export function isList(answer: Answer | undefined): answer is readonly Answer[] {
  return Array.isArray(answer);
}
