/** SM.WHY key event [json]: what SM.SEND would do with an event and why, without doing it. */
import { bytesOf } from "../../base/bytes.ts";
import type { EventData } from "../../base/event-data.ts";
import { textOfJson } from "../../base/exact-json.ts";
import { type Candidate, explain } from "../../engine/explain.ts";
import { eventOf, targetsOf } from "../../machines/machine-step.ts";
import { activeNames } from "../../machines/record.ts";
import { type Attempt, attempt, refusalWhenDone } from "../../machines/send.ts";
import { NO_OPTIONS } from "../../machines/send-options.ts";
import { codeOf } from "../../machines/settle.ts";
import { envOf, type Subject, subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { ReplyError } from "../../protocol/reply-error.ts";
import { argument, text } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { eventData } from "./send-arguments.ts";

export const smWhy = {
  name: "SM.WHY",
  run: (call) => {
    if (call.args.length > 4) throw errors.wrongNumberOfArguments("SM.WHY");
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject === undefined) return null;
    const event = text(argument(call.args, 2), "event");
    const json = call.args[3];
    const data =
      json === undefined ? undefined : eventData(json, call.server.config.get("sm-event-bytes-max"));
    const given = eventOf({ event, data });
    const env = envOf(call, subject);
    const { outcome, after } = standing(subject, event) ?? rehearsal(call, subject, event, data);
    const { chart } = subject;
    const tried =
      chart === undefined
        ? mapCandidates(subject, event)
        : explain(chart.machine, chart.snapshot, given, env).candidates.map(candidate);
    return map([
      ["event", event],
      ["state", activeNames(subject.machine)],
      ["verdict", codeOf(outcome)],
      ["message", outcome.kind === "refused" ? outcome.message : null],
      ["to", activeNames(after.machine)],
      ["candidates", tried],
    ]);
  },
} as const satisfies Handler;

/** What refuses every event, whatever it is. */
function standing(subject: Subject, event: string): Attempt | undefined {
  const { machine } = subject;
  if (machine.status === "suspended") return refusedBy(errors.suspended(machine.reason), subject);
  const done = refusalWhenDone(machine, event);
  return done === undefined ? undefined : { outcome: done, after: subject };
}

/** The event is sent and taken back, so that what it would set off is told too. */
function rehearsal(call: Call, subject: Subject, event: string, data: EventData | undefined): Attempt {
  const savepoint = call.databases.transaction.savepoint();
  try {
    return attempt(call, subject, { ...NO_OPTIONS, event, data });
  } catch (error) {
    if (error instanceof ReplyError) return refusedBy(error, subject);
    throw error;
  } finally {
    call.databases.rollback(savepoint);
  }
}

function refusedBy({ code, text: message }: ReplyError, subject: Subject): Attempt {
  return { outcome: { kind: "refused", code, message }, after: subject };
}

function mapCandidates(subject: Subject, event: string): Reply[] {
  const from = subject.machine.states[0]?.[0] ?? "";
  if (!targetsOf(subject, from).has(event)) return [];
  return [candidate({ state: from, event, targets: [event], outcome: "taken" })];
}

function candidate({ state, event, targets, verdict, outcome, join }: Candidate): Reply {
  const reads = (verdict?.reads ?? []).map(({ path, value }): [Reply, Reply] => [
    path,
    value === undefined ? null : textOfJson(value),
  ]);
  return map([
    ["from", state],
    ["event", event],
    ["targets", [...targets]],
    ["guard", verdict?.guard ?? null],
    ["result", outcome],
    ["error", verdict?.reason ?? null],
    ["values", map(reads)],
    ["place", join?.place ?? null],
    ["missing", join === undefined ? null : [...join.missing]],
  ]);
}
