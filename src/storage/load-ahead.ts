/** Loads what nobody waits for, so that it may be in memory later: one thing at a time. */
import { Hold, type NotLoaded } from "./not-loaded.ts";

export class LoadAhead {
  #isLoading = false;

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** Does nothing while something else is loaded, or where nothing was missed. */
  load(miss: NotLoaded | undefined): void {
    if (miss === undefined || this.#isLoading) return;
    this.#isLoading = true;
    const hold = new Hold();
    const end = () => {
      this.#isLoading = false;
      hold.release();
    };
    miss.load(hold).then(end, end);
  }
}
