/**
 * SM.MIGRATION START plan-id | from to [MAP json] [RATE n] [HOLD]: moves machines in the background, those that are made
 * meanwhile included; the number of the migration. It does not begin where one would not fit, unless HOLD is given: then
 * those that fit move, and the others are listed.
 */
import { beginJob, rivalOf, titleOf } from "../../machines/migration/jobs.ts";
import { type Aim, Routes } from "../../machines/migration/routes.ts";
import { findPlan, numberBehind } from "../../machines/migration/stored.ts";
import { Survey } from "../../machines/migration/survey.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument, safeInteger, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { FLAG, readOptions, VALUE } from "../options.ts";
import { assertMayMigrate, checkWrites, readAim } from "./arguments.ts";
import { surveyed } from "./surveying.ts";

interface Started extends Aim {
  readonly plan: number | null;
  readonly rate: number;
}

const FORMS = { MAP: VALUE, RATE: VALUE, HOLD: FLAG } as const;
const RATE_MAX = 1_000_000;

export const smMigrationStart = {
  name: "SM.MIGRATION|START",
  run: (call) => {
    checkWrites(call);
    const { started, holds } = readStart(call);
    checkRival(call, started);
    if (holds) return begin(call, started);
    return surveyed(call, new Survey(started), (now, survey) => {
      checkRival(now, started);
      const [stray] = survey.strays;
      if (stray !== undefined)
        throw errors.stranded(
          survey.strayCount,
          `${stray.message} (${survey.examples[0]?.key ?? ""}); HOLD moves the others`,
        );
      return begin(now, started);
    });
  },
  // Each partition looks whether its machines fit, and begins when those of all do.
  shared: {
    attempt: (call) => {
      checkWrites(call);
      const { started, holds } = readStart(call);
      checkRival(call, started);
      const id = numberBehind(call.db);
      return { reply: id, record: { kind: "start", migration: { ...started, id }, holds } };
    },
  },
} as const satisfies Handler;

function readStart(call: Call): { readonly started: Started; readonly holds: boolean } {
  const { args, db } = call;
  const third = args[3] === undefined ? undefined : token(args[3]);
  const isPlan = third === undefined || Object.hasOwn(FORMS, third);
  const given = readOptions(args, isPlan ? 3 : 4, FORMS);
  const rate = readRate(given.value("RATE"));
  const holds = given.has("HOLD");
  if (!isPlan) {
    const aim = readAim(call, argument(args, 2), argument(args, 3), given.value("MAP"));
    return { started: { ...aim, plan: null, rate }, holds };
  }
  if (given.has("MAP")) throw errors.err("a plan has its map; MAP goes with from and to");
  const id = safeInteger(argument(args, 2));
  const plan = findPlan(db, id);
  if (plan === undefined) throw errors.err(`there is no plan ${id}`);
  assertMayMigrate(call, plan);
  const { from, to, map } = plan;
  new Routes(call, { from, to, map });
  return { started: { from, to, map, plan: id, rate }, holds };
}

function readRate(value: Buffer | undefined): number {
  if (value === undefined) return 0;
  const rate = safeInteger(value);
  if (rate < 1 || rate > RATE_MAX) throw errors.err(`RATE is machines a second, from 1 to ${RATE_MAX}`);
  return rate;
}

function checkRival({ db }: Call, started: Started): void {
  const rival = rivalOf(db, started);
  if (rival !== undefined) throw errors.err(`${titleOf(rival)} is under way with the same machines`);
}

function begin(call: Call, { plan, from, to, map, rate }: Started): Reply {
  return beginJob(call, { plan, from, to, map, rate }).id;
}
