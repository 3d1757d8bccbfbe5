/** SM.CONTEXT key [path …]: the machine's data as JSON, or the values at dotted paths, null where there is none. */
import { bytesOf } from "../../base/bytes.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
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
      const value = valueAt(context, text(path, "path").split("."));
      return value === undefined ? null : JSON.stringify(value);
    });
  },
} as const satisfies Handler;

function valueAt(context: Json, keys: readonly string[]): Json | undefined {
  let value: Json | undefined = context;
  for (const key of keys) {
    if (Array.isArray(value) && /^[0-9]+$/.test(key)) value = value[Number(key)];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}
