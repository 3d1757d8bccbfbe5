/**
 * SAVE: brings everything committed to disk, makes a backup of it in `dir`, and answers when that is made; others are
 * served meanwhile. After a failed commit it tries whether the store can be written again: what an operator does when
 * the disk has space again.
 */
import * as errors from "../../protocol/errors.ts";
import { OK, type Reply } from "../../protocol/reply.ts";
import type { Call, Handler, Wait } from "../handler.ts";
import { flushStore } from "./flush-store.ts";

export const save = {
  name: "SAVE",
  run: (call) => {
    if (call.server.saving.isRunning) throw errors.saveInProgress();
    flushStore(call);
    return saved(call);
  },
} as const satisfies Handler;

function saved({ server, session }: Call): Wait {
  let outcome: { readonly failure: string | undefined } | undefined;
  void server.saving.begin().then((failure) => {
    outcome = { failure };
    server.waiters.wake(session.id);
  });
  const retry = (): Reply | Wait => {
    if (outcome === undefined) return waiting;
    if (outcome.failure !== undefined) throw errors.saveFailed(outcome.failure);
    return OK;
  };
  const waiting: Wait = {
    kind: "wait",
    keys: [],
    deadlineMs: undefined,
    onTimeout: { kind: "error", message: errors.unblocked().message },
    retry,
  };
  return waiting;
}
