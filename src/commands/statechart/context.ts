/** SM.CONTEXT key [path …]: the machine's data as JSON, or the values at paths, null where there is none. */
import { bytesOf } from "../../base/bytes.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { type PathPart, parsePath } from "../../engine/paths.ts";
import { subjectAt } from "../../machines/subject.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const smContext = {
  name: "SM.CONTEXT",
  run: (call) => {
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject === undefined) return null;
    const context: JsonObject = subject.chart?.snapshot.context ?? {};
    if (call.args.length === 2) return JSON.stringify(context);
    return call.args.slice(2).map((path) => {
      const value = valueOfPath(context, text(path, "path"));
      return value === undefined ? null : JSON.stringify(value);
    });
  },
} as const satisfies Handler;

/** A path is written as in `assign`, and shown so in the history; a key with brackets in its name is found too. */
function valueOfPath(context: JsonObject, path: string): Json | undefined {
  const parts = parsePath(path);
  const keys = typeof parts === "string" ? [undefined] : parts.map(keyOf);
  const found = keys.every((key) => key !== undefined) ? valueAt(context, keys) : undefined;
  return found ?? valueAt(context, path.split("."));
}

/** The key of a part; undefined for one that only an expression gives. */
function keyOf(part: PathPart): string | undefined {
  if (part.kind === "key") return part.key;
  return /^"(?:[^"\\]|\\["\\bfnrt])*"$/.test(part.source) ? (JSON.parse(part.source) as string) : undefined;
}

function valueAt(context: Json, keys: readonly string[]): Json | undefined {
  let value: Json | undefined = context;
  for (const key of keys) {
    if (Array.isArray(value) && /^[0-9]+$/.test(key)) value = value[Number(key)];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}
