/**
 * Runs what SM.MIGRATION WHATIF has asked for, in slices beside the requests: a few milliseconds of work, then a pause in
 * which everybody is served. It reads the store as it is between two turns, and writes nothing.
 */
import type { Clock } from "../base/clock.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { DatabasePart, WhatIfControl } from "../commands/what-if-control.ts";
import { Databases } from "../keyspace/databases.ts";
import { type Scope, stepLimitsOf } from "../machines/subject.ts";
import { type WhatIfQuestion, WhatIfRun } from "../machines/what-if-run.ts";
import { Hold, NotLoaded } from "../storage/not-loaded.ts";
import type { OnFault } from "./faults.ts";

/** While no client is served, and while some are. */
const SLICE_MS = 5;
const BUSY_SLICE_MS = 2;
/** Events of a slice, whatever the clock says. */
const SLICE_EVENTS_MAX = 1000;
const PAUSE_MS = 10;

/** Runs that are kept, and unfinished ones among them. */
const RUNS_MAX = 32;
const UNFINISHED_MAX = 8;

export interface WhatIfOptions {
  readonly clock: Clock;
  readonly onFault: OnFault;
  /** Asked for when the first run begins: it knows this work itself. */
  readonly server: () => ServerContext;
}

interface Kept {
  readonly parts: readonly DatabasePart[];
  readonly run: WhatIfRun;
}

export class WhatIfWork implements WhatIfControl {
  readonly #options: WhatIfOptions;
  /** By question, in the order in which they began. */
  readonly #runs = new Map<string, Kept>();
  #cancel: (() => void) | undefined;
  /** What the slice at hand has loaded. */
  #hold = new Hold();

  constructor(options: WhatIfOptions) {
    this.#options = options;
  }

  find(phys: number, question: WhatIfQuestion): WhatIfRun | undefined {
    return this.#runs.get(nameOf(phys, question))?.run;
  }

  begin(parts: readonly DatabasePart[], question: WhatIfQuestion): WhatIfRun | undefined {
    const server = this.#options.server();
    const kept = [...this.#runs];
    if (kept.filter(([, { run }]) => !run.isDone).length >= UNFINISHED_MAX) return undefined;
    const oldest = kept.find(([, { run }]) => run.isDone)?.[0];
    if (kept.length >= RUNS_MAX && oldest !== undefined) this.#runs.delete(oldest);
    const run = new WhatIfRun(question, server.charts.chartOf(question.to), stepLimitsOf(server.config));
    this.#runs.set(nameOf(parts[0]?.phys ?? 0, question), { parts, run });
    this.wake();
    return run;
  }

  forget(phys: number, question: WhatIfQuestion): void {
    this.#runs.delete(nameOf(phys, question));
  }

  wake(): void {
    if (this.#cancel !== undefined || this.#next() === undefined) return;
    const { clock } = this.#options;
    this.#cancel = clock.wakeAt(clock.now() + PAUSE_MS, () => {
      this.#cancel = undefined;
      this.#slice();
      this.wake();
    });
  }

  /** The slice has missed: the next one is run when that is loaded. */
  #load(miss: NotLoaded): void {
    let hasEnded = false;
    this.#cancel = () => {
      hasEnded = true;
    };
    const goOn = () => {
      if (hasEnded) return;
      this.#cancel = undefined;
      this.wake();
    };
    // What cannot be read is tried again with the next slice.
    miss.load(this.#hold).then(goOn, goOn);
  }

  stop(): void {
    this.#cancel?.();
    this.#hold.release();
    this.#cancel = undefined;
    this.#runs.clear();
  }

  #next(): Kept | undefined {
    return [...this.#runs.values()].find(({ run }) => !run.isDone && !run.isPaused);
  }

  #slice(): void {
    const next = this.#next();
    const { clock, onFault } = this.#options;
    const server = this.#options.server();
    // A disk that falls behind has the time.
    if (next === undefined || server.partitions.isCongested) return;
    const { run } = next;
    const nowMs = clock.now();
    const startedMs = clock.monotonicMs();
    const sliceMs = server.pace.isBusy ? BUSY_SLICE_MS : SLICE_MS;
    let events = 0;
    const isSpent = () => {
      events += 1;
      return events >= SLICE_EVENTS_MAX || clock.monotonicMs() - startedMs >= sliceMs;
    };
    try {
      run.slice(this.#scopesOf(next, nowMs), isSpent);
      this.#hold.release();
      this.#hold = new Hold();
    } catch (error) {
      if (error instanceof NotLoaded) {
        this.#load(error);
        return;
      }
      run.isDone = true;
      run.hasFailed = true;
      onFault(error);
    }
  }

  /** What is left of the database: parts that other servers have taken, or that were flushed, are passed over. */
  #scopesOf({ parts }: Kept, nowMs: number): readonly Scope[] {
    const server = this.#options.server();
    return parts.flatMap(({ partition, phys }) => {
      const held = server.partitions.get(partition);
      if (held === undefined) return [];
      const count = server.config.get("databases");
      const databases = new Databases(held.store.begin(), count, nowMs, held.place);
      const db = databases.withPhys(phys);
      return db === undefined ? [] : [{ databases, db, server, nowMs }];
    });
  }
}

function nameOf(phys: number, { name, version, to, count, sinceMs }: WhatIfQuestion): string {
  return JSON.stringify([phys, name, version ?? null, to.name, to.version, count ?? null, sinceMs]);
}
