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
  #pending: { readonly piece: string; readonly load: PendingLoad } | undefined;
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

  /** A piece has missed, for the first time or again. */
  begin(piece: string, misses: readonly NotLoaded[]): void {
    if (this.#pending?.piece !== piece) this.end();
    this.#pending ??= { piece, load: new PendingLoad(this.#options.limits) };
    const { load } = this.#pending;
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

  /** All that was due is done, or none of it is wanted any more. */
  end(): void {
    this.#pending?.load.release();
    this.#pending = undefined;
    this.#isLoading = false;
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  #goOn(): void {
    this.#isLoading = false;
    this.#options.onLoaded();
  }
}
