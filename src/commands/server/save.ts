/**
 * SAVE: brings everything committed to disk, makes a backup of it in `dir`, and answers when that is made; others are
 * served meanwhile. After a failed commit it tries whether the store can be written again: what an operator does when
 * the disk has space again.
 */
import * as errors from "../../protocol/errors.ts";
import { OK, type Reply } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { waitUntilSettled } from "../settling.ts";
import { flushStore } from "./flush-store.ts";

export const save = {
  name: "SAVE",
  run: (call) => {
    const { refusal } = call.server.saving;
    if (refusal !== undefined) throw errors.saveFailed(refusal);
    if (call.server.saving.isRunning) throw errors.saveInProgress();
    flushStore(call);
    return waitUntilSettled(call, call.server.saving.begin(), replyOf);
  },
} as const satisfies Handler;

function replyOf(failure: string | undefined): Reply {
  if (failure !== undefined) throw errors.saveFailed(failure);
  return OK;
}
