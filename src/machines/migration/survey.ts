/** Looks at all machines that a migration is about, some at a time, and changes none. */
import { type Bytes, textOfBytes } from "../../base/bytes.ts";
import type { NotMigrated } from "../../engine/migrate.ts";
import { stateNames } from "../../engine/refusal.ts";
import { type Rename, renamesBetween } from "../../engine/renames.ts";
import { definitionAt } from "../definitions.ts";
import { activeNames } from "../record.ts";
import type { Scope, Subject } from "../subject.ts";
import { chartOf, tryMigrate } from "./migrate.ts";
import { type Aim, definitionsOf, Routes } from "./routes.ts";
import { type PieceLimit, visitMachines } from "./walk.ts";

/** Machines that go the same way. */
export interface SurveyRow {
  readonly state: readonly string[];
  readonly to: readonly string[];
  count: number;
}

/** Machines that do not fit, for the same reason. */
export interface StrayRow {
  readonly state: readonly string[];
  readonly cause: NotMigrated["cause"];
  readonly message: string;
  count: number;
}

export interface SurveyExample {
  readonly key: string;
  readonly state: readonly string[];
  /** Undefined for one that does not fit. */
  readonly to: readonly string[] | undefined;
}

/** Rows and examples have bounds; what is beyond is counted in the sums alone. */
const ROWS_MAX = 1000;
const EXAMPLES_PER_ROW = 3;
const EXAMPLES_MAX = 100;

export class Survey {
  readonly #aim: Aim;
  readonly #rows = new Map<string, SurveyRow>();
  readonly #strays = new Map<string, StrayRow>();
  readonly #examples: SurveyExample[] = [];
  #cursor: Bytes | undefined;
  machines = 0;
  strayCount = 0;
  droppedEvents = 0;
  droppedHistories = 0;
  /** Machines that had come to their end and go on. */
  reopened = 0;

  constructor(aim: Aim) {
    this.#aim = aim;
  }

  /** One that goes on from here, while this one stays as it is. */
  copy(): Survey {
    const copy = new Survey(this.#aim);
    for (const [key, row] of this.#rows) copy.#rows.set(key, { ...row });
    for (const [key, row] of this.#strays) copy.#strays.set(key, { ...row });
    copy.#examples.push(...this.#examples);
    copy.#cursor = this.#cursor;
    copy.machines = this.machines;
    copy.strayCount = this.strayCount;
    copy.droppedEvents = this.droppedEvents;
    copy.droppedHistories = this.droppedHistories;
    copy.reopened = this.reopened;
    return copy;
  }

  /** Looks at some more; true when all have been seen. */
  goOn(scope: Scope, limit: PieceLimit): boolean {
    const routes = new Routes(scope, this.#aim);
    const start = { ...this.#aim, cursor: this.#cursor };
    this.#cursor = visitMachines(scope, start, limit, (subject) => this.#look(scope, subject, routes));
    return this.#cursor === undefined;
  }

  #look(scope: Scope, subject: Subject, routes: Routes): void {
    this.machines += 1;
    const state = activeNames(subject.machine);
    const destination = routes.destinationOf(subject.machine);
    const result = tryMigrate(scope, subject, destination, { isStrict: true });
    if (result.kind === "misfit") {
      this.strayCount += 1;
      const { cause, message } = result;
      const key = `${state.join("\n")}\r${cause}\r${message}`;
      this.#note(this.#strays, key, { state, cause, message, count: 0 }, { subject, state, to: undefined });
      return;
    }
    this.droppedEvents += result.droppedKept.length;
    this.droppedHistories += result.droppedHistories;
    const { snapshot } = result.moved;
    if (subject.machine.status === "done" && snapshot.status !== "done") this.reopened += 1;
    const to = stateNames(chartOf(destination), snapshot.configuration);
    const key = `${state.join("\n")}\r${to.join("\n")}`;
    this.#note(this.#rows, key, { state, to, count: 0 }, { subject, state, to });
  }

  #note<Row extends { count: number }>(
    rows: Map<string, Row>,
    key: string,
    fresh: Row,
    seen: { readonly subject: Subject } & Omit<SurveyExample, "key">,
  ): void {
    const row = rows.get(key) ?? fresh;
    row.count += 1;
    if (row.count <= EXAMPLES_PER_ROW && this.#examples.length < EXAMPLES_MAX)
      this.#examples.push({ key: textOfBytes(seen.subject.key), state: seen.state, to: seen.to });
    if (rows.has(key) || rows.size < ROWS_MAX) rows.set(key, row);
  }

  get rows(): readonly SurveyRow[] {
    return [...this.#rows.values()];
  }

  get strays(): readonly StrayRow[] {
    return [...this.#strays.values()];
  }

  /** Those that do not fit first. */
  get examples(): readonly SurveyExample[] {
    return this.#examples.toSorted((a, b) => Number(a.to !== undefined) - Number(b.to !== undefined));
  }

  /** States that look renamed, but for those that a map given for this names. */
  proposed(scope: Scope): readonly Rename[] {
    const { to, map } = this.#aim;
    const { charts } = scope.server;
    const target = charts.chartOf(definitionAt(scope.db, `${to.name}:${to.version}`));
    const named = new Set(map === null ? [] : mappedStates(map));
    const found = new Map<string, Rename>();
    for (const definition of definitionsOf(scope, this.#aim))
      for (const rename of renamesBetween(charts.chartOf(definition), target))
        if (!named.has(rename.state)) found.set(rename.state, rename);
    return [...found.values()];
  }
}

function mappedStates(map: Aim["map"]): readonly string[] {
  const states = typeof map === "object" && map !== null && "states" in map ? map["states"] : {};
  return typeof states === "object" && states !== null ? Object.keys(states) : [];
}
