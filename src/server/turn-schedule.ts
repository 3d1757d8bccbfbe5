/**
 * When the next turn runs: at the end of the event loop's round, once for all that ask for it. The event loop accepts one
 * connection a round (libuv since 1.45), so a round in which it has accepted one is followed by another before the turn: fifty
 * clients that connect beside a busy pipeline would otherwise wait for fifty turns.
 */

/** Redis accepts up to 1000 in a turn; one takes a tenth of a millisecond here, and others wait meanwhile. */
const ROUNDS_MAX = 64;

export class TurnSchedule {
  readonly #turn: () => void;
  #isAsked = false;
  #hasAccepted = false;
  /** Rounds that the next turn has waited for. */
  #rounds = 0;

  constructor(turn: () => void) {
    this.#turn = turn;
  }

  /** A turn is needed. */
  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    setImmediate(this.#endRound);
  }

  /** A connection was accepted in this round: others may wait to be. */
  noteAccepted(): void {
    this.#hasAccepted = true;
  }

  readonly #endRound = (): void => {
    if (this.#hasAccepted && this.#rounds < ROUNDS_MAX) {
      this.#hasAccepted = false;
      this.#rounds += 1;
      setImmediate(this.#endRound);
      return;
    }
    this.#rounds = 0;
    this.#isAsked = false;
    this.#turn();
  };
}
