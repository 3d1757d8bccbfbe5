/** CLIENT PAUSE: requests of all clients, or those that may write, are held back until a time. */
export type PauseMode = "all" | "write";

export class Pause {
  #untilMs = 0;
  #mode: PauseMode = "write";

  /** When it ends, in milliseconds since the epoch; a time in the past when there is none. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** The kind in effect at a time; undefined when there is none. */
  modeAt(nowMs: number): PauseMode | undefined {
    return nowMs < this.#untilMs ? this.#mode : undefined;
  }

  /** Of two pauses at a time the later end and the stricter mode hold. */
  begin(untilMs: number, mode: PauseMode, nowMs: number): void {
    const current = this.modeAt(nowMs);
    this.#mode = current === "all" ? "all" : mode;
    this.#untilMs = Math.max(this.#untilMs, untilMs);
  }

  end(): void {
    this.#untilMs = 0;
  }
}
