/**
 * SM.CREATE key [definition [STATE s] [CONTEXT json] [REASON text] [NX] [EX s|PX ms]]: makes a machine, replacing
 * what is there as SET does. Without a definition it is blank; with one its initial macrostep runs.
 */
import { bytesOf } from "../../base/bytes.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { parseJson } from "../../machines/chart-cache.ts";
import { type Creation, createFrom, definitionAt } from "../../machines/creation.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument, text, token } from "../arguments.ts";
import { positiveExpiry } from "../expiry.ts";
import type { Call, Handler } from "../handler.ts";
import { isModuleMode, refusalToReplace, storeMachine } from "./map-machine.ts";

/** What is asked for behind the definition. */
type Options = Omit<Creation, "definition"> & { readonly isNew: boolean };

export const smCreate = {
  name: "SM.CREATE",
  run: (call) => {
    const key = argument(call.args, 1);
    // To the module further arguments mean nothing.
    const options = call.args.length === 2 || isModuleMode(call) ? undefined : readOptions(call);
    const refused = refusalToReplace(call, key);
    if (refused !== undefined) return refused;
    if (options === undefined) {
      const reason = isModuleMode(call) ? "" : undefined;
      storeMachine(call, key, { map: [], initial: "", current: "", reason, kind: "create" });
      return OK;
    }
    const definition = definitionAt(call.db, text(argument(call.args, 2)));
    if (options.isNew && call.db.find(bytesOf(key)) !== undefined) return null;
    createFrom(call, bytesOf(key), { ...options, definition });
    return OK;
  },
} as const satisfies Handler;

function readOptions(call: Call): Options {
  const { args } = call;
  let options: Options = { isNew: false, expireAtMs: 0 };
  for (let position = 3; position < args.length; position += 2) {
    const option = token(args[position]);
    const value = () => argument(args, position + 1);
    if (option === "NX") {
      options = { ...options, isNew: true };
      position -= 1;
    } else if (option === "STATE") options = { ...options, state: text(value()) };
    else if (option === "CONTEXT") options = { ...options, context: readContext(call, value()) };
    else if (option === "REASON") options = { ...options, reason: text(value()) };
    else if (option === "EX" || option === "PX") {
      if (options.expireAtMs !== 0) throw errors.syntaxError();
      const form = { unit: option === "EX" ? "seconds" : "milliseconds", from: "now" } as const;
      const context = { nowMs: call.nowMs, command: "sm.create" };
      options = { ...options, expireAtMs: positiveExpiry(value(), form, context) };
    } else throw errors.syntaxError();
  }
  return options;
}

function readContext(call: Call, bytes: Buffer): JsonObject {
  const max = call.server.config.get("sm-context-bytes-max");
  if (bytes.length > max) {
    throw errors.machineLimit(`the context has ${bytes.length} bytes`, max, "sm-context-bytes-max");
  }
  const parsed = parseJson(text(bytes));
  if (!parsed.ok) throw errors.err(`CONTEXT is ${parsed.reason}`);
  if (!isJsonObject(parsed.value)) throw errors.err("CONTEXT must be a JSON object");
  return parsed.value;
}
