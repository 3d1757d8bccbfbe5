/**
 * SM.MIGRATION PLAN from to [MAP json]: looks at all machines of `from` and changes none: where they would go, which do
 * not fit and why, with keys as examples. The plan is kept with the definition, and has a number.
 */

import type { Aim } from "../../machines/migration/routes.ts";
import { nextNumber, putPlan } from "../../machines/migration/stored.ts";
import { Survey, type SurveyExample } from "../../machines/migration/survey.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";
import { checkReads, readAim } from "./arguments.ts";
import { elsewhereFields } from "./elsewhere.ts";
import { surveyed } from "./surveying.ts";

export const smMigrationPlan = {
  name: "SM.MIGRATION|PLAN",
  run: (call) => {
    const aim = readPlan(call);
    return surveyed(call, new Survey(aim), (now, survey) => report(now, survey, keep(now, aim)));
  },
  // All partitions keep the plan; the machines that are looked at are those of this server.
  shared: {
    attempt: (call) => ({ reply: keep(call, readPlan(call)) }),
    answer: (call, id) =>
      surveyed(call, new Survey(readPlan(call)), (now, survey) => report(now, survey, id)),
  },
} as const satisfies Handler;

function readPlan(call: Call): Aim {
  const { args } = call;
  const given = readOptions(args, 4, { MAP: VALUE });
  checkReads(call);
  return readAim(call, argument(args, 2), argument(args, 3), given.value("MAP"));
}

/** The number that the plan has. */
function keep({ db, nowMs }: Call, aim: Aim): number {
  const id = nextNumber(db);
  putPlan(db, { id, ...aim, createdMs: nowMs });
  return id;
}

function report(call: Call, survey: Survey, id: Reply): Reply {
  const rows = survey.rows.map(({ state, to, count }) =>
    map([
      ["state", [...state]],
      ["to", [...to]],
      ["count", count],
    ]),
  );
  const strays = survey.strays.map(({ state, cause, message, count }) =>
    map([
      ["state", [...state]],
      ["cause", cause],
      ["message", message],
      ["count", count],
    ]),
  );
  const proposed = survey.proposed(call).map(({ state, to, because }) =>
    map([
      ["state", state],
      ["to", to],
      ["because", because],
    ]),
  );
  return map([
    ["id", id],
    ["machines", survey.machines],
    ["states", rows],
    ["strays", strays],
    ["examples", survey.examples.map(exampleReply)],
    ["proposed", proposed],
    [
      "dropped",
      map([
        ["events", survey.droppedEvents],
        ["histories", survey.droppedHistories],
      ]),
    ],
    ["reopened", survey.reopened],
    ...elsewhereFields(call),
  ]);
}

function exampleReply({ key, state, to }: SurveyExample): Reply {
  return map([
    ["key", key],
    ["state", [...state]],
    ["to", to === undefined ? null : [...to]],
  ]);
}
