/** The wall clock of a process, set by libfaketime while it runs; its monotonic clock is left alone. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/** Why there is none here. */
export const noDial = existsSync(LIBRARY) ? undefined : "libfaketime is not installed";

export class Dial {
  readonly #directory = mkdtempSync(join(tmpdir(), "detent-dial-"));

  static create(): Dial | undefined {
    if (noDial !== undefined) return undefined;
    const dial = new Dial();
    dial.set(0);
    return dial;
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      // It is read once a second.
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** How far the clock is ahead of the true time. The process notices within a second. */
  set(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? "" : "+"}${seconds}\n`);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#directory, "time");
  }
}
