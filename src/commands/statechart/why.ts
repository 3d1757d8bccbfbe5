/**
 * SM.WHY key event [json] [REV n] [DEF id]: what SM.SEND would do with an event and why, without doing it; to the
 * machine as it is, or as it was, or under another definition.
 */
import { bytesOf } from "../../base/bytes.ts";
import type { EventData } from "../../base/event-data.ts";
import { textOfJson } from "../../base/exact-json.ts";
import { type Candidate, explain } from "../../engine/explain.ts";
import { definitionAt } from "../../machines/definitions.ts";
import { eventOf, targetsOf } from "../../machines/machine-step.ts";
import { activeNames } from "../../machines/record.ts";
import { type Attempt, attempt, refusalWhenDone } from "../../machines/send.ts";
import { plainSend } from "../../machines/send-options.ts";
import { codeOf } from "../../machines/settle.ts";
import { envOf, type StepEnv, type Subject, subjectAt } from "../../machines/subject.ts";
import { asItWas, attemptAlone, under } from "../../machines/what-if.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { ReplyError } from "../../protocol/reply-error.ts";
import { argument, safeInteger, text, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";
import { childrenReply, parentReply } from "./family.ts";
import { eventData } from "./send-arguments.ts";

/** Data, which may be left out, is neither of these words. */
const FORMS = { REV: VALUE, DEF: VALUE } as const;

export const smWhy = {
  name: "SM.WHY",
  run: (call) => {
    const asked = readAsked(call);
    const present = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (present === undefined) return null;
    const { rev, definition } = asked;
    const past = rev === undefined ? { subject: present, atMs: call.nowMs } : asItWas(call, present, rev);
    if (past === undefined) return null;
    const subject =
      definition === undefined ? past.subject : under(call, past.subject, definitionAt(call.db, definition));
    const scene = { subject, env: { ...envOf(call, subject), now: past.atMs }, isReal: subject === present };
    const refused: Prospect | undefined = standing(subject, asked.event);
    const { outcome, after, children = [] } = refused ?? rehearsal(call, scene, asked);
    const { parent } = subject.machine;
    return map([
      ["event", asked.event],
      ["state", activeNames(subject.machine)],
      ["verdict", codeOf(outcome)],
      ["message", outcome.kind === "refused" ? outcome.message : null],
      ["to", activeNames(after.machine)],
      ["context", after.chart === undefined ? null : textOfJson(after.chart.snapshot.context)],
      ["candidates", candidatesOf(scene, asked)],
      ...(parent === undefined ? [] : [["parent", parentReply(call, subject)] as const]),
      ...(children.length === 0 ? [] : [["children", [...children]] as const]),
    ]);
  },
} as const satisfies Handler;

interface Asked {
  readonly event: string;
  readonly data: EventData | undefined;
  readonly rev: number | undefined;
  /** `name` or `name:version`. */
  readonly definition: string | undefined;
}

function readAsked({ args, server }: Call): Asked {
  const hasData = args.length > 3 && !Object.hasOwn(FORMS, token(args[3]));
  const max = server.config.get("sm-event-bytes-max");
  const given = readOptions(args, hasData ? 4 : 3, FORMS);
  const [rev, definition] = [given.value("REV"), given.value("DEF")];
  return {
    event: text(argument(args, 2), "event"),
    data: hasData ? eventData(argument(args, 3), max) : undefined,
    rev: rev === undefined ? undefined : safeInteger(rev),
    definition: definition === undefined ? undefined : text(definition, "DEF"),
  };
}

/** The machine that is asked about. */
interface Scene {
  readonly subject: Subject;
  readonly env: StepEnv;
  /** Whether it is what SM.SEND would find. */
  readonly isReal: boolean;
}

/** What would come of the event. */
interface Prospect extends Attempt {
  /** The children it would have then; undefined where they are not asked. */
  readonly children?: readonly Reply[] | undefined;
}

/** What refuses every event, whatever it is. */
function standing(subject: Subject, event: string): Attempt | undefined {
  const { machine } = subject;
  if (machine.status === "suspended") return refusedBy(errors.suspended(machine.reason), subject);
  const done = refusalWhenDone(machine, event);
  return done === undefined ? undefined : { outcome: done, after: subject };
}

/** The event is sent and taken back, so that what it would set off is reported too. */
function rehearsal(call: Call, { subject, env, isReal }: Scene, { event, data }: Asked): Prospect {
  if (!isReal) return attemptAlone(subject, eventOf({ event, data }), env);
  const savepoint = call.databases.transaction.savepoint();
  try {
    const tried = attempt(call, subject, { ...plainSend(event), data });
    return { ...tried, children: childrenReply(call, tried.after) };
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

function candidatesOf({ subject, env }: Scene, { event, data }: Asked): Reply[] {
  const { chart } = subject;
  if (chart === undefined) return mapCandidates(subject, event);
  return explain(chart.machine, chart.snapshot, eventOf({ event, data }), env).candidates.map(candidate);
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
