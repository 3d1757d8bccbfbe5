/** SM.OUTCOME key id [id …]: what became of events that came with an id; null for an id that is not known. */
import { bytesOf } from "../../base/bytes.ts";
import { keptOutcome } from "../../machines/outcome-reply.ts";
import type { Outcome } from "../../machines/outcomes.ts";
import { subjectAt } from "../../machines/subject.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const smOutcome = {
  name: "SM.OUTCOME",
  run: (call) => {
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject === undefined) return null;
    return call.args.slice(2).map((id) => {
      const outcome = keptOutcome(call, subject.record.id, text(id, "id"));
      return outcome === undefined ? null : outcomeReply(outcome);
    });
  },
} as const satisfies Handler;

function outcomeReply(outcome: Outcome): Reply {
  return map([
    ["event", outcome.event],
    ["data", outcome.data?.text ?? null],
    ["id", outcome.id],
    ["by", outcome.by ?? null],
    ["at", outcome.atMs],
    ["received", outcome.receivedMs],
    ["code", outcome.code],
    ["from", [...outcome.from]],
    ["to", [...outcome.to]],
    ["rev", outcome.rev],
    ["details", outcome.details ?? null],
    ["output", outcome.output ?? null],
    ["log", outcome.log ?? null],
  ]);
}
