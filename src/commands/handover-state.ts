import type { NotLoaded } from "../storage/not-loaded.ts";

/** The requests that wait since the partition of their keys changes hands. */
export interface HandoverState {
  /** Those that wait now, and the bytes of their arguments. */
  readonly heldCount: number;
  readonly heldBytes: number;
  /** Those that have waited, since the start. */
  readonly heldTotal: number;
  /** What a request has to wait for whose partition nobody serves; undefined: it is refused. */
  hold(partition: number, bytes: number): NotLoaded | undefined;
  /** Resolves when none waits. */
  released(): Promise<void>;
}
