/**
 * SM.REPLAY key [DEF id] [FROM rev] [COUNT n]: the recorded events of a machine run again, under another definition if one
 * is given. A reply that stops early, because it takes too long, ends with a map `kind more, rev n`.
 */
import { bytesOf } from "../../base/bytes.ts";
import { definitionAt } from "../../machines/definitions.ts";
import { replay } from "../../machines/replay.ts";
import type { RerunStep } from "../../machines/rerun.ts";
import { subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, safeInteger, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";

const COUNT = 100;
const COUNT_MAX = 10_000;
/** The time a reply takes, after which it stops: requests behind it wait. */
const BUDGET_MS = 100;

export const smReplay = {
  name: "SM.REPLAY",
  run: (call) => {
    const { args, server } = call;
    const given = readOptions(args, 2, { DEF: VALUE, FROM: VALUE, COUNT: VALUE });
    const [definition, from, count] = [given.value("DEF"), given.value("FROM"), given.value("COUNT")];
    const range = {
      from: from === undefined ? 1 : notNegative(from),
      count: Math.min(count === undefined ? COUNT : notNegative(count), COUNT_MAX),
    };
    const subject = subjectAt(call, bytesOf(argument(args, 1)));
    if (subject === undefined) return null;
    const other = definition === undefined ? undefined : definitionAt(call.db, text(definition, "DEF"));
    const startedMs = server.clock.monotonicMs();
    const steps: Reply[] = [];
    for (const step of replay(call, subject, range, other)) {
      if (steps.length > 0 && server.clock.monotonicMs() - startedMs > BUDGET_MS)
        return [...steps, more(step.entry.rev)];
      steps.push(stepReply(step));
    }
    return steps;
  },
} as const satisfies Handler;

function notNegative(bytes: Buffer): number {
  const value = safeInteger(bytes);
  if (value < 0) throw errors.outOfRange();
  return value;
}

function stepReply({ entry, computed, difference }: RerunStep): Reply {
  return map([
    ["rev", entry.rev],
    ["event", entry.event ?? entry.kind],
    ["recorded", [...entry.to]],
    ["computed", [...computed]],
    ["equal", difference === undefined ? 1 : 0],
    ["difference", difference ?? null],
  ]);
}

function more(rev: number): Reply {
  return map([
    ["kind", "more"],
    ["rev", rev],
  ]);
}
