/**
 * How many partitions a member reads at a time. One that waits for its turn serves nobody, so no more are taken than can be read:
 * the others are left to whoever is faster. Where a lease has ended before its partition was read, fewer are tried
 * the next time, down to one, which has all of the processor; each that is read in time lets one more be tried.
 */

import type { Shares } from "./shares.ts";

/** While one is waited for, another one is replayed. */
const AT_A_TIME_MAX = 4;

export class Takeovers {
  #max = AT_A_TIME_MAX;
  #reading = 0;
  readonly #waiting: (() => void)[] = [];

  /** What of its share the member takes now. */
  limited({ take, give }: Shares): Shares {
    const room = Math.max(0, this.#max - this.#reading - this.#waiting.length);
    return { take: take.slice(0, room), give };
  }

  /** Reads a partition when it is its turn. @param read returns whether it has come to its end while the lease ran */
  async pass(read: () => Promise<boolean>): Promise<void> {
    if (this.#reading >= this.#max) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#reading += 1;
    let isInTime = true;
    try {
      isInTime = await read();
    } finally {
      this.#max = isInTime ? Math.min(AT_A_TIME_MAX, this.#max + 1) : Math.max(1, this.#max >> 1);
      this.#reading -= 1;
      this.#next();
    }
  }

  #next(): void {
    while (this.#reading < this.#max) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#reading += 1;
      next();
    }
  }
}
