/**
 * SM.CREATE key [definition [STATE s …] [CONTEXT json] [REASON text] [BY who] [HISTORY json] [NX] [EX s|PX ms]]: makes
 * a machine, replacing what is there as SET does. Without a definition it is blank; with one its initial macrostep runs.
 * Several STATE build a configuration.
 */

import { bytesOf } from "../../base/bytes.ts";
import { findState } from "../../engine/step.ts";
import type { ExpiryTime } from "../../keyspace/expiry-time.ts";
import { createFrom } from "../../machines/creation.ts";
import { definitionAt } from "../../machines/definitions.ts";
import type { Creation } from "../../machines/making.ts";
import type { Subject } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument, text } from "../arguments.ts";
import { positiveExpiry } from "../expiry.ts";
import type { Call, Handler } from "../handler.ts";
import { atMostOneOf, FLAG, type Options as Given, readOptions, VALUE, VALUES } from "../options.ts";
import { readContext } from "./context-argument.ts";
import { isModuleMode, refusalToReplace, storeMachine } from "./map-machine.ts";
import { readPast } from "./past-entries.ts";

/** What is asked for behind the definition. */
type Options = Omit<Creation, "definition"> & { readonly isNew: boolean };

export const smCreate = {
  name: "SM.CREATE",
  run: (call) => {
    const key = argument(call.args, 1);
    // To the module further arguments mean nothing.
    const options = call.args.length === 2 || isModuleMode(call) ? undefined : readCreation(call);
    const refused = refusalToReplace(call, key);
    if (refused !== undefined) return refused;
    if (options === undefined) {
      const reason = isModuleMode(call) ? "" : undefined;
      storeMachine(call, key, { map: [], initial: "", current: "", reason, kind: "create" });
      return OK;
    }
    const definition = definitionAt(call.db, text(argument(call.args, 2), "definition"));
    if (options.isNew && call.db.find(bytesOf(key)) !== undefined) return null;
    const made = createFrom(call, bytesOf(key), { ...options, definition });
    checkEnd(options, made);
    return OK;
  },
} as const satisfies Handler;

const FORMS = {
  STATE: VALUES,
  CONTEXT: VALUE,
  REASON: VALUE,
  BY: VALUE,
  HISTORY: VALUE,
  NX: FLAG,
  EX: VALUE,
  PX: VALUE,
} as const;

function readCreation(call: Call): Options {
  const given = readOptions(call.args, 3, FORMS);
  atMostOneOf(given, ["EX", "PX"]);
  const states = given.values("STATE").map((state) => text(state, "STATE"));
  const context = given.value("CONTEXT");
  const history = given.value("HISTORY");
  const entries = history === undefined ? [] : readPast(history);
  const past = entries.length === 0 ? undefined : entries;
  const last = past?.at(-1)?.to;
  const [reason, by] = [given.value("REASON"), given.value("BY")];
  return {
    isNew: given.has("NX"),
    states: states.length === 0 ? last : states,
    past,
    context: context === undefined ? undefined : readContext(call, context),
    reason: reason === undefined ? undefined : text(reason, "REASON"),
    by: by === undefined ? undefined : text(by, "BY"),
    expireAtMs: readExpiry(call, given),
  };
}

/** A history ends where the machine begins. @throws ReplyError where it does not */
function checkEnd({ past, states = [] }: Options, { chart }: Subject): void {
  const last = past?.at(-1)?.to;
  if (past === undefined || last === undefined || chart === undefined) return;
  const indexOf = (state: string) => findState(chart.machine, state);
  const ends = new Set(last.map(indexOf));
  const begins = new Set(states.map(indexOf));
  if (ends.size === begins.size && [...ends].every((index) => begins.has(index))) return;
  const names = (list: readonly string[]) => list.map((state) => `'${state}'`).join(", ");
  throw errors.err(
    `HISTORY[${past.length - 1}].to is ${names(last)}, and the machine begins in ${names(states)}; the last entry leads to STATE`,
  );
}

function readExpiry(call: Call, given: Given<keyof typeof FORMS>): ExpiryTime {
  const unit = given.has("EX") ? "seconds" : "milliseconds";
  const value = given.value("EX") ?? given.value("PX");
  if (value === undefined) return 0;
  return positiveExpiry(value, { unit, from: "now" }, { nowMs: call.nowMs, command: "sm.create" });
}
