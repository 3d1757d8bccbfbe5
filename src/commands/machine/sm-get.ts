/** SM.GET key [REASON]: a machine as JSON, or the reason of its last move; null for another word. */
import { bytesOf } from "../../base/bytes.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { documentOf as definedDocument } from "../statechart/driving.ts";
import { subjectOf } from "../statechart/subject.ts";
import { documentOf } from "./machine-document.ts";
import { atMost, isModuleMode, machineAt, word } from "./map-machine.ts";

export const smGet = {
  name: "SM.GET",
  run: (call) => {
    atMost(call, 3, "SM.GET");
    const found = machineAt(call, argument(call.args, 1));
    if (found === undefined) return null;
    const field = call.args[2];
    const reason = found.machine.reason ?? (isModuleMode(call) ? "" : undefined);
    if (field === undefined) {
      if (found.machine.definition === undefined) return documentOf(found.machine, reason);
      return definedDocument(subjectOf(call, bytesOf(argument(call.args, 1)), found.record));
    }
    return text(field).toUpperCase() === "REASON" ? word(call, reason ?? "") : null;
  },
} as const satisfies Handler;
