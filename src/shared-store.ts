/** What a member of a cluster does with the store that it shares, beside what every server does: it leaves it to the next owner. */
export interface SharedStore {
  /** Resolves when all commits are settled. */
  drained(): Promise<void>;
  /** Drops all at once: nothing is written any more, nothing settles. */
  abandon(): Promise<void>;
}

/** The end of a run over a shared store. */
export class SharedEnd {
  readonly #store: SharedStore | undefined;
  #isAbandoned = false;
  #onAbandoned: () => void = () => undefined;

  /** @param store undefined: the server has its store for itself, and there is nothing to do here */
  constructor(store: SharedStore | undefined) {
    this.#store = store;
  }

  /** Waits until all commits are settled, for so long at most; false when they are not, or the store was abandoned. */
  async settled(waitMs: number): Promise<boolean> {
    if (this.#store === undefined) return true;
    let timer: NodeJS.Timeout | undefined;
    const isSettled = await new Promise<boolean>((resolve) => {
      this.#onAbandoned = () => resolve(false);
      timer = setTimeout(() => resolve(false), waitMs);
      this.#store?.drained().then(
        () => resolve(true),
        () => resolve(false),
      );
    });
    clearTimeout(timer);
    return isSettled && !this.#isAbandoned;
  }

  async abandon(): Promise<void> {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    this.#onAbandoned();
    await this.#store?.abandon();
  }
}
