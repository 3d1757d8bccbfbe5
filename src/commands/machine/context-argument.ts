/** `CONTEXT json`: fields of a machine's context. */
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { parseJson } from "../../machines/chart-cache.ts";
import * as errors from "../../protocol/errors.ts";
import { text } from "../arguments.ts";
import type { Call } from "../handler.ts";

/** @throws ReplyError for what is too long, or no object */
export function readContext(call: Call, bytes: Buffer): JsonObject {
  const max = call.server.config.get("sm-context-bytes-max");
  if (bytes.length > max) {
    throw errors.machineLimit(`the context has ${bytes.length} bytes`, max, "sm-context-bytes-max");
  }
  const parsed = parseJson(text(bytes, "CONTEXT"));
  if (!parsed.ok) throw errors.err(`CONTEXT is ${parsed.reason}`);
  if (!isJsonObject(parsed.value)) throw errors.err("CONTEXT must be a JSON object");
  return parsed.value;
}
