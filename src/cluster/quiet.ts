/** Work that can wait leaves the processor to what is more urgent, such as the renewal of a lease, and goes on when that is done. */
export class Quiet {
  readonly #isBusy: () => boolean;
  #waiting: (() => void)[] = [];

  /** @param isBusy whether anything urgent is under way */
  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  /** Resolves when nothing urgent is under way. */
  async come(): Promise<void> {
    while (this.#isBusy()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** To be called when something urgent has ended. */
  look(): void {
    if (this.#waiting.length === 0 || this.#isBusy()) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
