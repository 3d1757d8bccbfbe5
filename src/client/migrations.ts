/** Migrations: moving all machines of a definition to another one. */
import type { Connection } from "./connection.ts";
import { listedInAll, statusInAll, undoneInAll } from "./migration-sums.ts";
import type {
  MigrationEntry,
  MigrationPlan,
  MigrationStatus,
  Migrations,
  MigrationUndo,
  MovedOut,
  WhatIf,
} from "./migration-types.ts";
import { askEach, partsOf } from "./partitions.ts";
import { arrayOf, nullOr, number, objectOf, recordOf, string, strings, word } from "./reply-shape.ts";
import { jsonText, option, switchWord, type Words } from "./words.ts";

export function migrations(connection: Connection): Migrations {
  const run = (...words: Words) => connection.call("SM.MIGRATION", ...words);
  const runEach = async (...words: Words) => askEach(await partsOf(connection), "SM.MIGRATION", ...words);
  const undoPlan = async (id: number) => undoneInAll((await runEach("UNDO", id, "CHECK")).map(undoOf));
  return {
    plan: async (from, to, map) => planOf(await run("PLAN", from, to, ...option("MAP", jsonText(map)))),
    start: async (what, { rate, isHeld } = {}) => {
      const which =
        typeof what === "number" ? [what] : [what.from, what.to, ...option("MAP", jsonText(what.map))];
      return Number(await run("START", ...which, ...option("RATE", rate), ...switchWord("HOLD", isHeld)));
    },
    status: async (id, examples) => {
      const replies = await runEach("STATUS", id, ...option("COUNT", examples));
      return statusInAll(replies.map(statusOf), examples);
    },
    list: async () => listedInAll((await runEach("LIST")).map(arrayOf(entryOf))),
    pause: async (id) => Number(await run("PAUSE", id)) === 1,
    resume: async (id) => Number(await run("RESUME", id)) === 1,
    undo: async (id) => {
      const parts = await partsOf(connection);
      const all = parts.length === 1 ? undefined : await undoPlan(id);
      const reply = undoOf(await run("UNDO", id));
      return all ?? reply;
    },
    undoPlan,
    whatIf: async (from, to, { count, since, control } = {}) => {
      const words = [...option("COUNT", count), ...option("SINCE", since)];
      const end = control === undefined ? [] : [control.toUpperCase()];
      return nullOr(whatIfOf)(await run("WHATIF", from, to, ...words, ...end));
    },
  };
}

const states = { field: "state", as: strings };

const planOf = objectOf<MigrationPlan>({
  id: number,
  machines: number,
  states: arrayOf(objectOf<MigrationPlan["states"][number]>({ states, to: strings, count: number })),
  strays: arrayOf(
    objectOf<MigrationPlan["strays"][number]>({ states, cause: word(), message: string, count: number }),
  ),
  examples: arrayOf(
    objectOf<MigrationPlan["examples"][number]>({ key: string, states, to: nullOr(strings) }),
  ),
  proposed: arrayOf(
    objectOf<MigrationPlan["proposed"][number]>({ state: string, to: string, because: string }),
  ),
  dropped: objectOf<MigrationPlan["dropped"]>({ events: number, histories: number }),
  reopened: number,
});

const outOf = objectOf<MovedOut>({
  emitted: number,
  tasks: number,
  sent: number,
  childrenStarted: number,
  childrenStopped: number,
});

const statusOf = objectOf<MigrationStatus>({
  id: number,
  plan: nullOr(number),
  from: string,
  to: string,
  status: word(),
  moved: number,
  held: number,
  left: nullOr(number),
  undone: number,
  stayed: number,
  out: outOf,
  rate: nullOr(number),
  started: number,
  updated: number,
  ended: nullOr(number),
  examples: arrayOf(objectOf<MigrationStatus["examples"][number]>({ key: string, message: string })),
});

const entryOf = objectOf<MigrationEntry>({
  id: number,
  plan: nullOr(number),
  from: string,
  to: string,
  status: word(),
  at: number,
});

const undoOf = objectOf<MigrationUndo>({ id: number, machines: number, out: outOf });

const whatIfOf = objectOf<WhatIf>({
  status: word(),
  from: string,
  to: string,
  machines: nullOr(number),
  looked: number,
  events: number,
  same: number,
  meanwhile: number,
  elsewhere: number,
  differences: recordOf(number),
  first: arrayOf(
    objectOf<WhatIf["first"][number]>({ state: string, event: string, difference: string, count: number }),
  ),
  examples: arrayOf(
    objectOf<WhatIf["examples"][number]>({
      key: string,
      rev: number,
      event: string,
      difference: string,
      recorded: strings,
      computed: strings,
      states,
      end: strings,
    }),
  ),
});
