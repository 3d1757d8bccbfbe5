/**
 * SM.OVERDUE cursor [DEF name[:version]] [COUNT n] [SLOT n]: machines that have been in a state for longer than its `sla`, the
 * longest first. From an index: its cost is that of a page.
 */
import { bufferOf } from "../../base/bytes.ts";
import { READ } from "../../clients/users/check.ts";
import { stateOf } from "../../engine/machine.ts";
import { splitDefinitionId } from "../../machines/definitions.ts";
import { overdueStates } from "../../machines/overdue.ts";
import { subjectOf } from "../../machines/subject.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, text } from "../arguments.ts";
import { readSlot } from "../cluster/slot-option.ts";
import type { Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";
import { mayAccess } from "../rights.ts";
import { END, readCount, readCursor } from "./cursors.ts";
import { checkedFilter } from "./machine-filter.ts";
import { cursorAt, mergedWalk } from "./merged-walk.ts";

export const smOverdue = {
  name: "SM.OVERDUE",
  run: (call) => {
    const { args, nowMs } = call;
    const word = argument(args, 1);
    readCursor(word);
    const given = readOptions(args, 2, { DEF: VALUE, COUNT: VALUE, SLOT: VALUE });
    const countMax = readCount(given.value("COUNT"));
    const id = given.value("DEF");
    const definition = id === undefined ? undefined : splitDefinitionId(text(id, "DEF"));
    if (definition !== undefined) checkedFilter(call, { definition });
    const found: Reply[] = [];
    let visited = 0;
    const slot = readSlot(given.value("SLOT"));
    for (const overdue of mergedWalk(call, word, ({ db }, from) => overdueStates(db, from), slot)) {
      if (visited === countMax) return [cursorAt(overdue), found];
      visited += 1;
      const { scope, entry } = overdue;
      const { key, record } = entry;
      if (!mayAccess(call, key, READ)) continue;
      const subject = subjectOf(scope, key, record);
      const sla = subject.chart?.snapshot.slas.find(({ state }) => state === entry.state);
      const own = subject.machine.definition;
      if (subject.chart === undefined || sla === undefined || own === undefined) continue;
      const isOther =
        definition !== undefined &&
        (own.name !== definition.name || own.version !== (definition.version ?? own.version));
      if (isOther) continue;
      found.push([
        bufferOf(key),
        map([
          ["state", stateOf(subject.chart.machine, sla.state).path],
          ["since", sla.sinceMs],
          ["sla", sla.deadlineMs - sla.sinceMs],
          ["overdueMs", Math.max(0, nowMs - sla.deadlineMs)],
          ["definition", `${own.name}:${own.version}`],
        ]),
      ]);
    }
    return [END, found];
  },
} as const satisfies Handler;
