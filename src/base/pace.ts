/**
 * How long pieces of work may be that run beside requests and that nobody waits for, such as the parts of a migration, and
 * how long they rest in between. While clients are served, a piece is short, rests for longer than it took, and is part of
 * a turn that serves clients anyway: a turn of its own would have a sync of its own, which the requests behind it wait
 * for. While no client is served, pieces are longer and follow each other closely.
 */
export interface Rest {
  /** Milliseconds from the beginning of the turn that has the piece until the next one may be part of a turn. */
  readonly ms: number;
  /** Milliseconds after which it has a turn of its own. */
  readonly msMax: number;
}

const PIECE_MS_MAX = 2;
const BUSY_PIECE_MS_MAX = 1;
/** How many times as long as a piece its rest is, from the end of the piece or, while clients are served, of the turn on. */
const REST = 1;
const BUSY_REST = 6;
/** So long after a client was served others are expected. */
const BUSY_MS = 20;
/** Turns that the usual length of a turn is taken from. */
const TURNS_AVERAGED = 8;

export class Pace {
  readonly #monotonicMs: () => number;
  #servedAtMs = Number.NEGATIVE_INFINITY;
  #turnMs = 0;

  /** `monotonicMs`: milliseconds on a monotonic clock, with a fraction. */
  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** A turn that has served clients has ended. */
  served(turnMs: number): void {
    this.#servedAtMs = this.#monotonicMs();
    this.#turnMs += (turnMs - this.#turnMs) / TURNS_AVERAGED;
  }

  get isBusy(): boolean {
    return this.#monotonicMs() - this.#servedAtMs < BUSY_MS;
  }

  /** How long a piece that begins now may be. */
  get pieceMsMax(): number {
    return this.isBusy ? BUSY_PIECE_MS_MAX : PIECE_MS_MAX;
  }

  /** How long a piece rests that took `spentMs`, in whole milliseconds; undefined when it needs no rest. */
  restFor(spentMs: number): Rest | undefined {
    if (spentMs <= 0) return undefined;
    if (this.isBusy) return { ms: Math.ceil(this.#turnMs + spentMs * BUSY_REST), msMax: BUSY_MS };
    const ms = Math.ceil(spentMs * (1 + REST));
    return { ms, msMax: ms };
  }
}
