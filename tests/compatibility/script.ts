/**
 * Scripts for two servers that ought to agree, in the form of a session: a request a line, in the quoting of
 * redis-cli. What stands before a request says how its replies are compared:
 *
 * | mark | the replies                                                              |
 * | ---- | ------------------------------------------------------------------------ |
 * |      | are no errors and the same bytes                                         |
 * | `!`  | are errors and the same bytes: no error passes unless it was expected    |
 * | `~`  | are the same but for the order of their elements                         |
 * | `?`  | are of one type each, since times, memory or chance are in them          |
 * | `=`  | are no errors; how they compare does not matter (the request prepares)   |
 *
 * Blank lines and lines that begin with `#` are passed over.
 */
import { splitInline } from "../../src/protocol/inline-request.ts";
import { type Argument, encodeRequest, type Received } from "../support/client.ts";
import type { Decoded } from "../support/resp-decoder.ts";

/** "either": the same bytes, whether or not they are an error, for requests made by chance. */
/** "eitherUnordered": as "either", but for the order of elements. */
export type Comparison = "either" | "eitherUnordered" | "same" | "error" | "unordered" | "shape" | "prepare";

export interface Step {
  readonly comparison: Comparison;
  readonly args: readonly Argument[];
  /** What Detent is sent instead, where the way to the same state is another. */
  readonly detentArgs?: readonly Argument[];
}

/** Lines of a session, or steps where bytes or lengths are easier made than written. */
export type Script = string | readonly (string | Step)[];

const MARKS: Readonly<Record<string, Comparison>> = {
  "!": "error",
  "~": "unordered",
  "?": "shape",
  "=": "prepare",
};

/** @throws Error when a line has unbalanced quotes */
export function stepsOf(script: Script): Step[] {
  if (typeof script !== "string") {
    return script.flatMap((part) => (typeof part === "string" ? stepsOf(part) : [part]));
  }
  return script
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const comparison = MARKS[line.charAt(0)];
      const args = splitInline(Buffer.from(comparison === undefined ? line : line.slice(1), "utf8"));
      if (args === undefined) throw new Error(`unbalanced quotes: ${line}`);
      return { comparison: comparison ?? "same", args };
    });
}

/** A step whose replies are to be the same bytes, none of them an error. */
export function same(...args: readonly Argument[]): Step {
  return { comparison: "same", args };
}

/** A step whose replies are to be the same error. */
export function error(...args: readonly Argument[]): Step {
  return { comparison: "error", args };
}

/** Makes a key that is no string: a stream in Redis, a machine in Detent. */
export function notAString(key: string): Step {
  return {
    comparison: "prepare",
    args: ["XADD", key, "*", "field", "value"],
    detentArgs: ["SM.CREATE", key],
  };
}

/** What is wrong with a reply, beside the one that Redis gave; undefined when nothing is. */
export function difference(step: Step, expected: Received, actual: Received): string | undefined {
  const isError = (reply: Received) => reply.bytes[0] === 0x2d;
  const mayFail = ["error", "shape", "either", "eitherUnordered"].includes(step.comparison);
  if (!mayFail && isError(expected)) return report(step, expected, actual, "Redis refused it");
  if (step.comparison === "error" && !isError(expected)) {
    return report(step, expected, actual, "Redis did not refuse it");
  }
  return comparable(step, expected) === comparable(step, actual)
    ? undefined
    : report(step, expected, actual, "the replies differ");
}

function comparable(step: Step, { bytes, value }: Received): string {
  switch (step.comparison) {
    case "either":
    case "same":
    case "error":
      return bytes.toString("latin1");
    case "eitherUnordered":
      return bytes[0] === 0x2d ? bytes.toString("latin1") : sorted(value);
    case "unordered":
      return sorted(value);
    case "shape":
      return value instanceof Map
        ? "map"
        : Array.isArray(value)
          ? "array"
          : value === null
            ? "null"
            : typeof value;
    case "prepare":
      return bytes[0] === 0x2d ? "refused" : "taken";
  }
}

/** A text in which the order of elements, at any depth, is lost. */
function sorted(value: Decoded): string {
  if (value instanceof Map) return sorted([...value]);
  return Array.isArray(value) ? `[${value.map(sorted).sort().join()}]` : JSON.stringify(value);
}

function report(step: Step, expected: Received, actual: Received, problem: string): string {
  const request = shown(encodeRequest(step.args)).slice(0, 400);
  return `${problem}\n  request: ${request}\n  Redis:   ${shown(expected.bytes)}\n  Detent:  ${shown(actual.bytes)}`;
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.toString("latin1", 0, 2000));
}
