/**
 * SM.CREATE key [definition [STATE s] [CONTEXT json] [REASON text] [NX] [EX s|PX ms]]: makes a machine, replacing
 * what is there as SET does. Without a definition it is blank; with one its initial macrostep runs.
 */
import { bytesOf } from "../../base/bytes.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument, safeInteger, text, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { parseJson } from "../statechart/chart-cache.ts";
import { type Creation, createFrom, definitionAt } from "../statechart/creation.ts";
import { Delivery } from "../statechart/delivery.ts";
import { isModuleMode, refusalToReplace, storeMachine } from "./map-machine.ts";

type Options = Omit<Creation, "definition"> & { readonly isNew: boolean };

export const smCreate = {
  name: "SM.CREATE",
  run: (call) => {
    const key = argument(call.args, 1);
    const id = call.args[2];
    // To the module further arguments mean nothing.
    const isBlank = id === undefined || isModuleMode(call);
    const definition = isBlank ? undefined : definitionAt(call.db, text(id));
    const options = isBlank ? undefined : readOptions(call);
    const refused = refusalToReplace(call, key);
    if (refused !== undefined) return refused;
    if (definition === undefined || options === undefined) {
      const reason = isModuleMode(call) ? "" : undefined;
      storeMachine(call, key, { map: [], initial: "", current: "", reason, kind: "create" });
      return OK;
    }
    if (options.isNew && call.db.find(bytesOf(key)) !== undefined) return null;
    const { subject, next } = createFrom(call, bytesOf(key), { ...options, definition });
    const delivery = new Delivery(call);
    delivery.start(subject, next);
    delivery.runFollowUps();
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
      options = { ...options, expireAtMs: expiry(call, safeInteger(value()), option === "EX" ? 1000 : 1) };
    } else throw errors.syntaxError();
  }
  return options;
}

function expiry(call: Call, amount: number, unitMs: number): number {
  const atMs = call.nowMs + amount * unitMs;
  if (amount <= 0 || !Number.isSafeInteger(atMs)) throw errors.invalidExpireTime("sm.create");
  return atMs;
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
