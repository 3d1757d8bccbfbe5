/**
 * SM.UNDO key [REV n] [IFREV n] [REASON text] [BY who] [PLAN]: a machine as it was before a change. With PLAN nothing is
 * changed: the reply says what the machine would be, and what is out already and stays out.
 */
import { bytesOf } from "../../base/bytes.ts";
import { activeNames } from "../../machines/record.ts";
import { subjectAt } from "../../machines/subject.ts";
import { planUndo, type UndoPlan, undo } from "../../machines/undoing.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, safeInteger, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { FLAG, hasOption, readOptions, VALUE } from "../options.ts";
import { timerId } from "./pending.ts";

const FORMS = { REV: VALUE, IFREV: VALUE, REASON: VALUE, BY: VALUE, PLAN: FLAG } as const;

export const smUndo = {
  name: "SM.UNDO",
  isPlan: (args) => hasOption(args, 2, FORMS, "PLAN"),
  run: (call) => {
    const { args } = call;
    const key = argument(args, 1);
    const given = readOptions(args, 2, FORMS);
    const revOf = (name: "REV" | "IFREV") => {
      const value = given.value(name);
      return value === undefined ? undefined : safeInteger(value);
    };
    const [rev, ifRev] = [revOf("REV"), revOf("IFREV")];
    const [reason, by] = [given.value("REASON"), given.value("BY")];
    const cause = {
      reason: reason === undefined ? undefined : text(reason, "REASON"),
      by: by === undefined ? undefined : text(by, "BY"),
    };
    const subject = subjectAt(call, bytesOf(key));
    if (subject === undefined) throw errors.noMachine(key);
    if (ifRev !== undefined && subject.machine.rev !== ifRev) return null;
    const plan = planUndo(call, subject, rev);
    if (given.has("PLAN")) return planReply(plan);
    return undo(call, subject, plan, cause).machine.rev;
  },
} as const satisfies Handler;

function planReply({ rev, count, machine, snapshot, stays }: UndoPlan): Reply {
  const timers = (snapshot?.timers ?? []).map((timer) =>
    map([
      ["id", timerId(timer)],
      ["event", timer.event],
      ["due", timer.deadlineMs],
    ]),
  );
  return map([
    ["rev", rev],
    ["undone", count],
    ["state", activeNames(machine)],
    ["status", machine.status],
    ["context", JSON.stringify(snapshot?.context ?? {})],
    ["timers", timers],
    ["stays", stays.map(stayReply)],
  ]);
}

function stayReply({ rev, kind, name, to, id, isDone }: UndoPlan["stays"][number]): Reply {
  return map([
    ["rev", rev],
    ["kind", kind],
    ["name", name ?? null],
    ["to", to ?? null],
    ["id", id ?? null],
    ["done", isDone === undefined ? null : isDone ? 1 : 0],
  ]);
}
