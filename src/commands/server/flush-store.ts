import * as errors from "../../protocol/errors.ts";
import { CommitError } from "../../storage/ordered-store.ts";
import type { Call } from "../handler.ts";

/**
 * Brings everything committed to disk, opening the store for writes again if it had failed.
 * @throws ReplyError MISCONF when that fails
 */
export function flushStore({ server }: Call): void {
  try {
    for (const { store } of server.partitions.all) {
      if (store.failure !== undefined) store.reopen();
      store.flush();
    }
  } catch (error) {
    if (!(error instanceof CommitError)) throw error;
    throw errors.misconf(error.message);
  }
}
