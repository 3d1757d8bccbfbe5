/** A disk whose syncs a test holds up and makes fail: what `node:fs` is mocked with. */

type Done = (error: Error | null) => void;

export class HeldDisk {
  /** What every sync fails with, while it is set. */
  failure: Error | undefined;
  /** Syncs in other threads wait while it is true. */
  isHeld = false;
  readonly #waiting: (() => void)[] = [];

  /** How many syncs wait. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** The functions of `node:fs` that sync, over those that do. */
  over(fs: typeof import("node:fs")) {
    const fdatasyncSync = (descriptor: number): void => {
      if (this.failure !== undefined) throw this.failure;
      fs.fdatasyncSync(descriptor);
    };
    const fdatasync = (descriptor: number, done: Done): void => {
      const sync = () => {
        if (this.failure === undefined) fs.fdatasync(descriptor, done);
        else done(this.failure);
      };
      if (this.isHeld) this.#waiting.push(sync);
      else sync();
    };
    return { fdatasyncSync, fdatasync };
  }

  /** Lets the syncs that wait go on; with an error, they and all later ones fail until `mend`. */
  release(failure?: Error): void {
    this.isHeld = false;
    this.failure = failure;
    for (const sync of this.#waiting.splice(0)) sync();
  }

  /** Syncs succeed again. */
  mend(): void {
    this.failure = undefined;
    this.release();
  }
}

/** What a sync fails with that finds no room; the store can go on once there is some. */
export function noRoom(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device, fdatasync"), {
    code: "ENOSPC",
    syscall: "fdatasync",
  });
}
