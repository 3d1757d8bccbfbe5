/**
 * SM.MIGRATION PLAN from to [MAP json] [CHECK]: looks at all machines of `from` and changes none: where they would go, which do
 * not fit and why, with keys as examples. The plan is kept with the definition, and has a number; with CHECK it is not kept.
 */

import type { Aim } from "../../machines/migration/routes.ts";
import { nextNumber, putPlan } from "../../machines/migration/stored.ts";
import { Survey, type SurveyExample } from "../../machines/migration/survey.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { FLAG, hasOption, readOptions, VALUE } from "../options.ts";
import { checkReads, readAim } from "./arguments.ts";
import { elsewhereFields } from "./elsewhere.ts";
import { surveyed } from "./surveying.ts";

const FORMS = { MAP: VALUE, CHECK: FLAG } as const;

export const smMigrationPlan = {
  name: "SM.MIGRATION|PLAN",
  isPlan: (args) => hasOption(args, 4, FORMS, "CHECK"),
  run: (call) => {
    const { aim, isCheck } = readPlan(call);
    const idOf = (now: Call) => (isCheck ? null : keep(now, aim));
    return surveyed(call, new Survey(aim), (now, survey) => report(now, survey, idOf(now)));
  },
  // All partitions keep the plan; the machines that are looked at are those of this server.
  shared: {
    attempt: (call) => {
      const { aim, isCheck } = readPlan(call);
      return { reply: isCheck ? 0 : keep(call, aim) };
    },
    answer: (call, id) => {
      const { aim, isCheck } = readPlan(call);
      return surveyed(call, new Survey(aim), (now, survey) => report(now, survey, isCheck ? null : id));
    },
  },
} as const satisfies Handler;

function readPlan(call: Call): { readonly aim: Aim; readonly isCheck: boolean } {
  const { args } = call;
  const given = readOptions(args, 4, FORMS);
  checkReads(call);
  const aim = readAim(call, argument(args, 2), argument(args, 3), given.value("MAP"));
  return { aim, isCheck: given.has("CHECK") };
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
