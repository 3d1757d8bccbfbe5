/** Work that reads, with what it misses loaded. */
import { Hold, NotLoaded } from "./not-loaded.ts";

/** Runs work until it misses nothing; what it has loaded is kept until then. It must be fit to be begun anew. */
export async function untilLoaded<T>(work: () => T): Promise<T> {
  let hold: Hold | undefined;
  try {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error;
        hold ??= new Hold();
        await error.load(hold);
      }
    }
  } finally {
    hold?.release();
  }
}
