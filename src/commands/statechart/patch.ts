/** SM.PATCH key json [IFREV n] [REASON text] [BY who]: merges a document into the context of a machine (RFC 7396). */
import { bytesOf } from "../../base/bytes.ts";
import { EventData } from "../../base/event-data.ts";
import { isJsonObject } from "../../base/json.ts";
import { parseJson } from "../../machines/chart-cache.ts";
import { patchMachine } from "../../machines/patching.ts";
import { subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, safeInteger, text } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";

export const smPatch = {
  name: "SM.PATCH",
  run: (call) => {
    const { args } = call;
    const key = argument(args, 1);
    const document = readPatch(call, argument(args, 2));
    const given = readOptions(args, 3, { IFREV: VALUE, REASON: VALUE, BY: VALUE });
    const [ifRev, reason, by] = [given.value("IFREV"), given.value("REASON"), given.value("BY")];
    const rev = ifRev === undefined ? undefined : safeInteger(ifRev);
    const patching = {
      document,
      reason: reason === undefined ? undefined : text(reason, "REASON"),
      by: by === undefined ? undefined : text(by, "BY"),
    };
    const subject = subjectAt(call, bytesOf(key));
    if (subject === undefined) throw errors.noMachine(key);
    if (rev !== undefined && subject.machine.rev !== rev) return null;
    return patchMachine(call, subject, patching).machine.rev;
  },
} as const satisfies Handler;

function readPatch(call: Call, bytes: Buffer): EventData {
  const max = call.server.config.get("sm-context-bytes-max");
  if (bytes.length > max)
    throw errors.machineLimit(`the patch has ${bytes.length} bytes`, max, "sm-context-bytes-max");
  const json = text(bytes, "json");
  const parsed = parseJson(json);
  if (!parsed.ok) throw errors.err(`the patch is ${parsed.reason}`);
  if (!isJsonObject(parsed.value)) throw errors.err("the patch must be a JSON object");
  return EventData.ofText(json, parsed.value);
}
