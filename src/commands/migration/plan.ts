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
import { surveyed } from "./surveying.ts";

export const smMigrationPlan = {
  name: "SM.MIGRATION|PLAN",
  run: (call) => {
    const { args } = call;
    const given = readOptions(args, 4, { MAP: VALUE });
    checkReads(call);
    const aim = readAim(call, argument(args, 2), argument(args, 3), given.value("MAP"));
    return surveyed(call, new Survey(aim), (now, survey) => keep(now, aim, survey));
  },
} as const satisfies Handler;

function keep(call: Call, aim: Aim, survey: Survey): Reply {
  const { db, nowMs } = call;
  const id = nextNumber(db);
  putPlan(db, { id, ...aim, createdMs: nowMs });
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
  ]);
}

function exampleReply({ key, state, to }: SurveyExample): Reply {
  return map([
    ["key", key],
    ["state", [...state]],
    ["to", to === undefined ? null : [...to]],
  ]);
}
