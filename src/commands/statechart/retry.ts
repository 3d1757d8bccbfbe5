/** SM.RETRY key: runs the failed steps of a machine again, one by one; 0 at the first that fails again. */
import { bytesOf } from "../../base/bytes.ts";
import { failedOf } from "../../machines/failures.ts";
import { isRunning } from "../../machines/record.ts";
import { retryFailed } from "../../machines/retry.ts";
import { subjectAt } from "../../machines/subject.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { eventDenied, maySend } from "../rights.ts";

export const smRetry = {
  name: "SM.RETRY",
  run: (call) => {
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject === undefined || !isRunning(subject.machine)) return 0;
    // What waits from outside is sent anew by whoever asks for it; what the machine does by itself is its own.
    for (const { event, from } of failedOf(call, subject)) {
      const isOwn = from !== "event" && from !== "send";
      if (!isOwn && !maySend(call, subject.key, event)) throw eventDenied(call, event);
    }
    return retryFailed(call, subject) ? 1 : 0;
  },
} as const satisfies Handler;
