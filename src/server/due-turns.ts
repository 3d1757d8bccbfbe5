/**
 * What a turn does of its own accord (due-work.ts), and when the next thing is due. Where a read misses, the turn goes on without
 * that and what is due behind it, since nothing may be done before what is due before it, and comes back when it is loaded. A piece
 * that needs too much is put off, and what could not be read is tried again after a pause.
 */
import type { Clock } from "../base/clock.ts";
import type { Databases } from "../keyspace/databases.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import type { DueBudget, DueWork } from "./due-work.ts";
import { type LoadLimits, PendingLoad } from "./loads.ts";

const PAUSE_AFTER_FAILURE_MS = 1000;
/** The piece that is to find out when something is due next. */
const FIND = "find";

export interface DueTurnsOptions {
  readonly dueWork: DueWork;
  readonly clock: Clock;
  readonly limits: LoadLimits;
  /** Asks for another turn. */
  readonly schedule: () => void;
}

export interface TurnsBudget extends Omit<DueBudget, "excessive"> {
  /** The turn serves clients: a part of a migration may join it. */
  readonly servesClients: boolean;
}

export class DueTurns {
  readonly #options: DueTurnsOptions;
  #dueMs: number | undefined;
  #load: PendingLoad | undefined;
  #isLoading = false;
  #excessive: string | undefined;
  #cancelPause: (() => void) | undefined;

  constructor(options: DueTurnsOptions) {
    this.#options = options;
  }

  /** When something is due next; a lower bound, so a wake-up may find nothing to do. */
  get dueMs(): number | undefined {
    return this.#dueMs;
  }

  hasWork(nowMs: number): boolean {
    return !this.#isLoading && (this.#isDueAt(nowMs) || this.#options.dueWork.hasPart);
  }

  /** Something may be due at a time; infinite: nothing is. */
  note(dueMs: number): void {
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.#options.dueWork.note(dueMs);
    this.#dueMs = Math.min(this.#dueMs ?? Number.POSITIVE_INFINITY, dueMs);
  }

  run(databases: Databases, { countMax, isSpent, servesClients }: TurnsBudget): void {
    const { dueWork, schedule } = this.#options;
    const isDue = this.#isDueAt(databases.nowMs);
    const excessive = this.#takeExcessive();
    const miss =
      (servesClients ? dueWork.joinPart(databases, excessive) : undefined) ??
      (isDue ? dueWork.run(databases, { countMax, isSpent, excessive }) : undefined);
    if (miss !== undefined) {
      if (miss.isFurther) this.end();
      this.#begin(miss.piece, miss.misses);
      return;
    }
    if (isDue) this.find(databases);
    if (this.#isLoading) return;
    this.end();
    if (isDue && this.#isDueAt(databases.nowMs)) schedule();
  }

  /** Looks when something is due next; if that has to be loaded, something may be due as soon as it is. */
  find(databases: Databases): void {
    try {
      this.#dueMs = this.#options.dueWork.nextMs(databases);
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      this.#dueMs = databases.nowMs;
      this.#begin(FIND, [error]);
    }
  }

  #isDueAt(nowMs: number): boolean {
    return this.#dueMs !== undefined && this.#dueMs <= nowMs;
  }

  /** True from a miss on until it is worth another try. */
  get isLoading(): boolean {
    return this.#isLoading;
  }

  #takeExcessive(): string | undefined {
    const excessive = this.#excessive;
    this.#excessive = undefined;
    return excessive;
  }

  /** A piece has missed, for the first time or again: what has been loaded to find it stays in memory with what it needs. */
  #begin(piece: string, misses: readonly NotLoaded[]): void {
    this.#load ??= new PendingLoad(this.#options.limits);
    const load = this.#load;
    this.#isLoading = true;
    load.load(misses, () => {
      if (load.outcome.kind === "failed") {
        const { clock } = this.#options;
        this.#cancelPause = clock.wakeAt(
          clock.now() + PAUSE_AFTER_FAILURE_MS,
          () => this.#goOn(),
          "housekeeping",
        );
        return;
      }
      if (load.outcome.kind === "excess") {
        this.end();
        this.#excessive = piece;
      }
      this.#goOn();
    });
  }

  /** A piece is done, or none is wanted any more. */
  end(): void {
    this.#load?.release();
    this.#load = undefined;
    this.#isLoading = false;
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  #goOn(): void {
    this.#isLoading = false;
    this.#options.schedule();
  }
}
