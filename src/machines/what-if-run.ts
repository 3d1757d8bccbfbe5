/**
 * SM.MIGRATION WHATIF: the recorded events of the machines of a definition run under another one, machine by machine, in
 * slices between which everybody is served. Nothing is written: the report is all there is, and it is kept in memory.
 */
import { type Bytes, textOfBytes } from "../base/bytes.ts";
import type { Machine } from "../engine/machine.ts";
import type { StepLimits } from "../engine/types.ts";
import type { Database } from "../keyspace/database.ts";
import type { StoredDefinition } from "./definitions.ts";
import { type HistoryEntry, historyOf, trimmedOf } from "./history.ts";
import { machineCounters, machinesByDefinition } from "./indexes.ts";
import { activeNames, decodeMachine, type MachineRecord } from "./record.ts";
import { beginning } from "./replay.ts";
import { type Difference, Rerun, type RerunStep } from "./rerun.ts";
import { type Standing, standingAfter } from "./standing.ts";
import { chartOf, type Scope } from "./subject.ts";

/** What is asked. */
export interface WhatIfQuestion {
  readonly name: string;
  /** Undefined: all versions but the one that is tried. */
  readonly version: string | undefined;
  readonly to: StoredDefinition;
  /** Machines to look at, evenly among all; undefined: all. */
  readonly count: number | undefined;
  /** Events before are not looked at, milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** Why a machine cannot even begin there, beside the differences of a step. */
export type WhatIfDifference = Difference | "start";

/** Where machines part, and how many do so there. */
export interface Parting {
  /** The states before, joined by commas, and the event. */
  readonly state: string;
  readonly event: string;
  readonly difference: WhatIfDifference;
  count: number;
}

/** A machine that would end elsewhere. */
export interface Elsewhere {
  readonly key: Bytes;
  /** The first change that differs. */
  readonly rev: number;
  readonly event: string;
  readonly difference: WhatIfDifference;
  readonly recorded: readonly string[];
  readonly computed: readonly string[];
  /** Where it is, and where it would be. */
  readonly state: readonly string[];
  readonly end: readonly string[];
}

/** How many examples, and how many places, a report has. */
const EXAMPLES_MAX = 20;
const PARTINGS_MAX = 1000;
/** Changes of one machine that are run at most. */
const ENTRIES_MAX = 10_000;

export class WhatIfRun {
  readonly question: WhatIfQuestion;
  readonly #other: Machine;
  readonly #limits: StepLimits;
  /** The partitions whose machines have all been looked at, and where it is in the one that follows. */
  readonly #done = new Set<number>();
  #cursor: Bytes | undefined;
  #cursorAt = -1;
  #passed = 0;
  #current: Generator<void, void, undefined> | undefined;
  isDone = false;
  isPaused = false;
  /** Whether a fault has ended it. */
  hasFailed = false;
  /** Machines there were to look at when it began, and how many it has looked at. */
  machines: number | undefined;
  looked = 0;
  events = 0;
  same = 0;
  /** Machines that differ on the way and end where they are, and those that would end elsewhere. */
  meanwhile = 0;
  elsewhere = 0;
  readonly differences = new Map<WhatIfDifference, number>();
  readonly #partings = new Map<string, Parting>();
  readonly examples: Elsewhere[] = [];

  constructor(question: WhatIfQuestion, other: Machine, limits: StepLimits) {
    this.question = question;
    this.#other = other;
    this.#limits = limits;
  }

  /** Where machines part, the most frequent first. */
  partings(): readonly Parting[] {
    return [...this.#partings.values()].sort((a, b) => b.count - a.count);
  }

  /** Goes on until it is done or `isSpent`, which is asked after each event. The scopes are of different partitions. */
  slice(scopes: readonly Scope[], isSpent: () => boolean): void {
    this.machines ??= scopes.reduce((sum, { db }) => sum + this.#countOf(db), 0);
    while (!this.isDone) {
      this.#current ??= this.#nextOf(scopes);
      if (this.#current === undefined) this.isDone = true;
      else if (this.#current.next().done === true) this.#current = undefined;
      if (isSpent()) return;
    }
  }

  #countOf(db: Database): number {
    const { name, version, to } = this.question;
    return machineCounters(db, name, version)
      .filter(({ place, definition }) => place === undefined && !isOf(definition, to))
      .reduce((sum, { count }) => sum + count, 0);
  }

  /** The next machine in any partition. */
  #nextOf(scopes: readonly Scope[]): Generator<void, void, undefined> | undefined {
    for (const scope of scopes) {
      const { number } = scope.databases.place;
      if (this.#done.has(number)) continue;
      if (this.#cursorAt !== number) this.#cursor = undefined;
      this.#cursorAt = number;
      const next = this.#nextWhole(scope);
      if (next !== undefined) return next;
      this.#done.add(number);
    }
    return undefined;
  }

  /** As `#next`; one of which something has to be loaded first is not passed over. */
  #nextWhole(scope: Scope): Generator<void, void, undefined> | undefined {
    const [cursor, passed] = [this.#cursor, this.#passed];
    try {
      return this.#next(scope);
    } catch (error) {
      this.#cursor = cursor;
      this.#passed = passed;
      throw error;
    }
  }

  /** The next machine of a partition that is looked at; undefined when there is none left. */
  #next(scope: Scope): Generator<void, void, undefined> | undefined {
    const { name, version, to } = this.question;
    for (const { position, id } of machinesByDefinition({
      db: scope.db,
      name,
      version,
      cursor: this.#cursor,
    })) {
      if (position === this.#cursor) continue;
      this.#cursor = position;
      const key = scope.db.keyOf(id);
      const record = key === undefined ? undefined : scope.db.find(key);
      if (key === undefined || record?.type !== "machine") continue;
      const machine = decodeMachine(record);
      if (machine.definition === undefined || isOf(machine.definition, to)) continue;
      this.#passed += 1;
      if (!this.#isChosen()) continue;
      // All that is read of the machine is read now: the next slice sees the store as it is then.
      return this.#look({ key, machine, ...this.#pastOf(scope, id) }, chartOf(scope, machine.definition));
    }
    return undefined;
  }

  /** Spreads the machines that are looked at evenly among all. */
  #isChosen(): boolean {
    const { count } = this.question;
    const { machines = 0 } = this;
    if (count === undefined || machines <= count) return true;
    const upTo = (passed: number) => Math.floor((passed * count) / machines);
    return upTo(this.#passed) > upTo(this.#passed - 1) && this.looked < count;
  }

  /** The events since the time that is asked for, and what the machine was before. */
  #pastOf({ db: { transaction } }: Scope, id: number): Past {
    let was: Standing | undefined = trimmedOf(transaction, id);
    const entries: HistoryEntry[] = [];
    for (const entry of historyOf(transaction, id, { from: 1, to: Number.MAX_SAFE_INTEGER - 1 })) {
      const isBeginning = entry.kind === "create" || entry.kind === "imported" || was === undefined;
      if (entries.length === 0 && (isBeginning || entry.atMs < this.question.sinceMs))
        was = standingAfter(was, entry);
      else if (entries.length < ENTRIES_MAX) entries.push(entry);
    }
    return { was, entries };
  }

  *#look({ key, machine, was, entries }: Seen, own: Machine): Generator<void, void, undefined> {
    if (was?.context === undefined || (entries.length === 0 && this.question.sinceMs > 0)) return;
    this.looked += 1;
    const options = { machine: this.#other, isOwn: false, key: textOfBytes(key), limits: this.#limits };
    const began = beginning(options, own, was);
    if (began === undefined) {
      this.#add(
        { key, rev: was.rev, event: "", difference: "start", recorded: was.to, computed: [] },
        machine,
        [],
      );
      return;
    }
    const rerun = new Rerun(options, began, was);
    let first: RerunStep | undefined;
    for (const entry of entries) {
      const step = rerun.step(entry);
      if (step.difference !== undefined) first ??= step;
      this.events += 1;
      yield;
    }
    this.#tell({ key, machine, was, entries }, rerun, first);
  }

  #tell({ key, machine, was, entries }: Seen, rerun: Rerun, first: RerunStep | undefined): void {
    const end = rerun.states;
    const isElsewhere = !isSame(end, activeNames(machine));
    if (first === undefined && !isElsewhere) {
      this.same += 1;
      return;
    }
    const parting = first ?? { entry: entries.at(-1), computed: end, difference: "states" as const };
    const { entry, computed, difference = "states" } = parting;
    const found = {
      key,
      rev: entry?.rev ?? was?.rev ?? 0,
      event: entry?.event ?? entry?.kind ?? "",
      difference,
      recorded: entry?.to ?? was?.to ?? [],
      computed,
    };
    this.#add(found, machine, end, entry?.from ?? was?.to);
  }

  #add(
    found: Omit<Elsewhere, "state" | "end">,
    machine: MachineRecord,
    end: readonly string[],
    before: readonly string[] = found.recorded,
  ): void {
    const state = activeNames(machine);
    if (isSame(state, end)) this.meanwhile += 1;
    else {
      this.elsewhere += 1;
      if (this.examples.length < EXAMPLES_MAX) this.examples.push({ ...found, state, end });
    }
    const { difference, event } = found;
    this.differences.set(difference, (this.differences.get(difference) ?? 0) + 1);
    const place = JSON.stringify([before, event, difference]);
    const known = this.#partings.get(place);
    if (known !== undefined) known.count += 1;
    else if (this.#partings.size < PARTINGS_MAX)
      this.#partings.set(place, { state: before.join(","), event, difference, count: 1 });
  }
}

interface Past {
  readonly was: Standing | undefined;
  readonly entries: readonly HistoryEntry[];
}

interface Seen extends Past {
  readonly key: Bytes;
  readonly machine: MachineRecord;
}

function isOf(
  definition: { readonly name: string; readonly version: string },
  other: StoredDefinition,
): boolean {
  return definition.name === other.name && definition.version === other.version;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i]);
}
