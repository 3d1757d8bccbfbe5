/** What blocking commands on lists and sorted sets share: their timeouts, and how they wait. */
import { bytesOf } from "../base/bytes.ts";
import { parseDouble } from "../base/double-text.ts";
import * as errors from "../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../protocol/reply.ts";
import type { ValueType } from "../values/held.ts";
import type { Call, Wait } from "./handler.ts";

const TIMEOUT_MS_MAX = 2 ** 63;

/** When a wait of these seconds ends; undefined: never. @throws ReplyError for a time that is none */
export function deadlineOfSeconds(bytes: Buffer, nowMs: number): number | undefined {
  const seconds = parseDouble(bytes.toString("latin1"));
  if (seconds === undefined) throw errors.timeoutNotANumber();
  if (seconds < 0) throw errors.timeoutNegative();
  const timeoutMs = Math.ceil(seconds * 1000);
  if (timeoutMs >= TIMEOUT_MS_MAX - nowMs) throw errors.timeoutOutOfRange();
  if (timeoutMs === 0) return undefined;
  return Math.min(nowMs + timeoutMs, Number.MAX_SAFE_INTEGER);
}

export interface Taking {
  readonly type: ValueType;
  readonly keys: readonly Buffer[];
  readonly deadlineMs: number | undefined;
  /** The reply where nothing is there and nothing may wait. Whose time is over reads a null array. */
  readonly nothing: Reply;
  /** Takes what there is from the first of the keys that has any; undefined when none has. */
  take(call: Call): Reply | undefined;
}

/** Takes what there is, or waits for it. `take` holds on to copies of arguments alone when it is called later. */
export function takeOrWait(call: Call, taking: Taking): Reply | Wait {
  const reply = taking.take(call);
  if (reply !== undefined) return reply;
  return call.mayWait ? waitToTake(taking) : taking.nothing;
}

function waitToTake(taking: Taking): Wait {
  const { type, deadlineMs } = taking;
  const keys = taking.keys.map(bytesOf);
  const wait: Wait = {
    kind: "wait",
    keys,
    deadlineMs,
    onTimeout: NULL_ARRAY,
    takes: type,
    retry: (later) => {
      // Keys of another type are slept through, until one holds what is waited for.
      const hasSome = keys.some((key) => later.db.find(key)?.type === type);
      return (hasSome ? taking.take(later) : undefined) ?? wait;
    },
  };
  return wait;
}
