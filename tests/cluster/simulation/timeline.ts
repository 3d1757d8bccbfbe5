/** Real time in the simulation: what happens next, the earliest first, and what is due at the same moment in its order. */
interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

export class Timeline {
  nowMs = 0;
  stepCount = 0;
  #lastOrder = 0;
  /** A heap: each is due no later than the two below it. */
  readonly #due: Due[] = [];

  after(delayMs: number, happen: () => void): void {
    this.#lastOrder += 1;
    const due = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#lastOrder, happen };
    let at = this.#due.push(due) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = this.#due[above];
      if (other === undefined || isBefore(other, due)) break;
      this.#due[at] = other;
      at = above;
    }
    this.#due[at] = due;
  }

  /** Lets the next thing happen. */
  step(): void {
    const next = this.#due[0];
    const last = this.#due.pop();
    if (next === undefined || last === undefined) throw new Error("nothing is due any more");
    if (this.#due.length > 0) this.#sink(last);
    this.nowMs = next.atMs;
    this.stepCount += 1;
    next.happen();
  }

  #sink(due: Due): void {
    const heap = this.#due;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = heap[below];
      const right = heap[below + 1];
      if (left === undefined) break;
      let least = left;
      if (right !== undefined && isBefore(right, left)) {
        least = right;
        below += 1;
      }
      if (isBefore(due, least)) break;
      heap[at] = least;
      at = below;
    }
    heap[at] = due;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
