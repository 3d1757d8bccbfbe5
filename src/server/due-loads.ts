/**
 * What has fallen due and waits for what it needs to be loaded: one piece at a time, since nothing may be done before what is due
 * before it. A piece that needs too much is named, so that it is put off, and what could not be read is tried again after a pause.
 */
import type { Clock } from "../base/clock.ts";
import type { NotLoaded } from "../storage/not-loaded.ts";
import { type LoadLimits, PendingLoad } from "./loads.ts";

const PAUSE_AFTER_FAILURE_MS = 1000;

export interface DueLoadsOptions {
  readonly clock: Clock;
  readonly limits: LoadLimits;
  /** Due work may go on. */
  readonly onLoaded: () => void;
}

export class DueLoads {
  readonly #options: DueLoadsOptions;
  #load: PendingLoad | undefined;
  #isLoading = false;
  #excessive: string | undefined;
  #cancelPause: (() => void) | undefined;

  constructor(options: DueLoadsOptions) {
    this.#options = options;
  }

  /** True from a miss on until it is worth another try. */
  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** The piece that turned out to need too much, once. */
  takeExcessive(): string | undefined {
    const excessive = this.#excessive;
    this.#excessive = undefined;
    return excessive;
  }

  /** A piece has missed, for the first time or again. What has been loaded to find it stays in memory with what it needs. */
  begin(piece: string, misses: readonly NotLoaded[]): void {
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
    this.#options.onLoaded();
  }
}
