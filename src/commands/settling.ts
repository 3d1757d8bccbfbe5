/** Waiting for what goes on outside of the turn, such as another process, or sockets that are bound. */
import * as errors from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Call, Wait } from "./handler.ts";

/** Waits for a promise; the reply is what `replyOf` makes of its outcome. `replyOf` may throw ReplyError. */
export function waitUntilSettled<T>(
  { server, session }: Call,
  promise: Promise<T>,
  replyOf: (outcome: T) => Reply,
): Wait {
  let settled: { readonly outcome: T } | undefined;
  void promise.then((outcome) => {
    settled = { outcome };
    server.waiters.wake(session.id);
  });
  const wait: Wait = {
    kind: "wait",
    keys: [],
    deadlineMs: undefined,
    onTimeout: { kind: "error", message: errors.unblocked().message },
    retry: () => (settled === undefined ? wait : replyOf(settled.outcome)),
  };
  return wait;
}
