/** Migrations: moving all machines of a definition to another one. */
import type { Connection } from "./connection.ts";
import { listedInAll, statusInAll, undoneInAll } from "./migration-sums.ts";
import { askEach, partsOf } from "./partitions.ts";
import { arrayOf, nullOr, number, objectOf, recordOf, string, strings, word } from "./reply-shape.ts";
import { jsonText, option, switchWord, type Words } from "./words.ts";

/** Where machines go; see the guide's page on changing definitions. */
export interface MigrationMap {
  readonly states?: object;
  readonly context?: object;
}

export interface MigrationPlan {
  readonly id: number;
  readonly machines: number;
  /** Where those go that fit. */
  readonly states: ReadonlyArray<{
    readonly states: readonly string[];
    readonly to: readonly string[];
    readonly count: number;
  }>;
  /** Those that do not fit. */
  readonly strays: ReadonlyArray<{
    readonly states: readonly string[];
    readonly cause: "state" | "context" | "stuck" | "step";
    readonly message: string;
    readonly count: number;
  }>;
  /** Some machines, those that do not fit first; `to` is null for them. */
  readonly examples: ReadonlyArray<{
    readonly key: string;
    readonly states: readonly string[];
    readonly to: readonly string[] | null;
  }>;
  /** States that look renamed. */
  readonly proposed: ReadonlyArray<{ readonly state: string; readonly to: string; readonly because: string }>;
  /** What has no place under the other definition. */
  readonly dropped: { readonly events: number; readonly histories: number };
  /** Machines that have come to their end, and would go on. */
  readonly reopened: number;
}

export interface MovedOut {
  readonly emitted: number;
  readonly tasks: number;
  readonly sent: number;
  readonly childrenStarted: number;
  readonly childrenStopped: number;
}

export type MigrationState = "RUNNING" | "PAUSED" | "DONE" | "UNDOING" | "UNDONE";

export interface MigrationStatus {
  readonly id: number;
  readonly plan: number | null;
  readonly from: string;
  readonly to: string;
  readonly status: MigrationState;
  readonly moved: number;
  readonly held: number;
  readonly left: number | null;
  readonly undone: number;
  readonly stayed: number;
  /** What moving has let out, and what stays out. */
  readonly out: MovedOut;
  readonly rate: number | null;
  readonly started: number;
  readonly updated: number;
  readonly ended: number | null;
  /** Machines that were left, with the reason. */
  readonly examples: ReadonlyArray<{ readonly key: string; readonly message: string }>;
}

export interface MigrationEntry {
  readonly id: number;
  readonly plan: number | null;
  readonly from: string;
  readonly to: string;
  readonly status: MigrationState | "PLANNED";
  readonly at: number;
}

export interface MigrationUndo {
  readonly id: number;
  readonly machines: number;
  readonly out: MovedOut;
}

export interface WhatIf {
  readonly status: "running" | "paused" | "done" | "failed" | "stopped";
  readonly from: string;
  readonly to: string;
  readonly machines: number | null;
  readonly looked: number;
  readonly events: number;
  readonly same: number;
  readonly meanwhile: number;
  readonly elsewhere: number;
  readonly differences: { readonly [kind: string]: number };
  readonly first: ReadonlyArray<{
    readonly state: string;
    readonly event: string;
    readonly difference: string;
    readonly count: number;
  }>;
  readonly examples: ReadonlyArray<{
    readonly key: string;
    readonly rev: number;
    readonly event: string;
    readonly difference: string;
    readonly recorded: readonly string[];
    readonly computed: readonly string[];
    readonly states: readonly string[];
    readonly end: readonly string[];
  }>;
}

export interface StartOptions {
  /** Machines a second, at most. */
  readonly rate?: number;
  /** Leaves machines that do not fit, instead of not starting. */
  readonly isHeld?: boolean;
}

export interface WhatIfOptions {
  readonly count?: number;
  readonly since?: number;
  readonly control?: "pause" | "resume" | "stop";
}

export interface Migrations {
  /** Shows where machines would go, without moving one; in a cluster, those of the server that is asked. */
  plan(from: string, to: string, map?: MigrationMap): Promise<MigrationPlan>;
  /** Moves machines in the background, after a plan or from one definition to another; returns the number. */
  start(
    what: number | { readonly from: string; readonly to: string; readonly map?: MigrationMap },
    options?: StartOptions,
  ): Promise<number>;
  /** How far it has got, with so many of the machines that were left. */
  status(id: number, examples?: number): Promise<MigrationStatus>;
  /** Plans and migrations, the oldest first. */
  list(): Promise<readonly MigrationEntry[]>;
  /** False where it does not run. */
  pause(id: number): Promise<boolean>;
  /** False where it is not paused. */
  resume(id: number): Promise<boolean>;
  /** Takes the machines back that have not changed since. */
  undo(id: number): Promise<MigrationUndo>;
  /** What that would leave out; takes none back. */
  undoPlan(id: number): Promise<MigrationUndo>;
  /** Runs the recorded events of machines under another definition in the background, in a cluster those of the server that is asked; null where there is no such run. */
  whatIf(from: string, to: string, options?: WhatIfOptions): Promise<WhatIf | null>;
}

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
