/**
 * SM.MIGRATION WHATIF from to [COUNT n] [SINCE unix-ms] [PAUSE|RESUME|STOP]: what the recorded events of the machines of
 * one definition would have led to under another. It begins in the background with the first call; each call replies what is known
 * so far. Nothing is written.
 */
import { bufferOf } from "../../base/bytes.ts";
import { READ } from "../../clients/users/check.ts";
import { definitionAt, splitDefinitionId } from "../../machines/definitions.ts";
import type { Elsewhere, Parting, WhatIfQuestion, WhatIfRun } from "../../machines/what-if-run.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, safeInteger, text } from "../arguments.ts";
import { everyDatabase } from "../everywhere.ts";
import type { Call, Handler } from "../handler.ts";
import { atMostOneOf, FLAG, readOptions, VALUE } from "../options.ts";
import { assertMayUse, mayAccess } from "../rights.ts";
import { elsewhereFields } from "./elsewhere.ts";

const FORMS = { COUNT: VALUE, SINCE: VALUE, PAUSE: FLAG, RESUME: FLAG, STOP: FLAG } as const;

/** Places where machines part that a reply shows. */
const PARTINGS_SHOWN = 20;

export const smMigrationWhatIf = {
  name: "SM.MIGRATION|WHATIF",
  run: (call) => {
    const { args, server } = call;
    const given = readOptions(args, 4, FORMS);
    atMostOneOf(given, ["PAUSE", "RESUME", "STOP"]);
    const question = readQuestion(call, given.value("COUNT"), given.value("SINCE"));
    const { whatIf } = server;
    const parts = everyDatabase(call).map(({ phys, place }) => ({ phys, partition: place.number }));
    const phys = parts[0]?.phys ?? call.db.phys;
    const known = whatIf.find(phys, question);
    if (given.has("STOP")) {
      whatIf.forget(phys, question);
      return known === undefined ? null : report(call, known, "stopped");
    }
    const run = known ?? whatIf.begin(parts, question);
    if (run === undefined)
      throw errors.err("there are as many runs of SM.MIGRATION WHATIF as there may be: STOP one, or wait");
    if (given.has("PAUSE")) run.isPaused = true;
    if (given.has("RESUME")) {
      run.isPaused = false;
      whatIf.wake();
    }
    return report(call, run, statusOf(run));
  },
} as const satisfies Handler;

function readQuestion(call: Call, count: Buffer | undefined, since: Buffer | undefined): WhatIfQuestion {
  const { args, db } = call;
  const from = text(argument(args, 2), "from");
  definitionAt(db, from);
  const to = definitionAt(db, text(argument(args, 3), "to"));
  const { name, version } = splitDefinitionId(from);
  assertMayUse(call, from);
  assertMayUse(call, `${to.name}:${to.version}`);
  if (version !== undefined && name === to.name && version === to.version)
    throw errors.err("from and to are the same definition; SM.REPLAY runs a machine again under its own");
  const most = count === undefined ? undefined : safeInteger(count);
  const sinceMs = since === undefined ? 0 : safeInteger(since);
  if (most !== undefined && most <= 0) throw errors.countNotAboveZero();
  if (sinceMs < 0) throw errors.err("SINCE must not be negative");
  return { name, version, to, count: most, sinceMs };
}

function statusOf({ isDone, isPaused, hasFailed }: WhatIfRun): string {
  if (hasFailed) return "failed";
  if (isDone) return "done";
  return isPaused ? "paused" : "running";
}

function report(call: Call, run: WhatIfRun, status: string): Reply {
  const { question, looked, events, same, meanwhile, elsewhere, differences, examples } = run;
  const { name, version, to } = question;
  return map([
    ["status", status],
    ["from", version === undefined ? name : `${name}:${version}`],
    ["to", `${to.name}:${to.version}`],
    ["machines", run.machines ?? null],
    ["looked", looked],
    ["events", events],
    ["same", same],
    ["meanwhile", meanwhile],
    ["elsewhere", elsewhere],
    ["differences", map([...differences].map(([difference, count]) => [difference, count]))],
    ["first", run.partings().slice(0, PARTINGS_SHOWN).map(partingReply)],
    ["examples", examples.filter(({ key }) => mayAccess(call, key, READ)).map(exampleReply)],
    ...elsewhereFields(call),
  ]);
}

function partingReply({ state, event, difference, count }: Parting): Reply {
  return map([
    ["state", state],
    ["event", event],
    ["difference", difference],
    ["count", count],
  ]);
}

function exampleReply({ key, rev, event, difference, recorded, computed, state, end }: Elsewhere): Reply {
  return map([
    ["key", bufferOf(key)],
    ["rev", rev],
    ["event", event],
    ["difference", difference],
    ["recorded", [...recorded]],
    ["computed", [...computed]],
    ["state", [...state]],
    ["end", [...end]],
  ]);
}
