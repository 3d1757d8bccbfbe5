/** XINFO CONSUMERS key group: the consumers of a group; idle since they asked, inactive since they got something. */
import * as errors from "../../protocol/errors.ts";
import { map } from "../../protocol/reply.ts";
import { consumersOf } from "../../streams/consumers.ts";
import { findGroup } from "../../streams/groups.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { streamAt } from "./streams.ts";

export const xinfoConsumers = {
  name: "XINFO|CONSUMERS",
  run: (call) => {
    const key = argument(call.args, 2);
    const name = argument(call.args, 3);
    const stream = streamAt(call, key);
    if (stream === undefined) throw errors.noSuchKey();
    const group = findGroup(stream, name);
    if (group === undefined) throw errors.noGroup(name, key);
    return consumersOf(stream, group).map((consumer) =>
      map([
        ["name", consumer.name],
        ["pending", consumer.pendingCount],
        ["idle", Math.max(0, call.nowMs - consumer.seenMs)],
        ["inactive", consumer.activeMs < 0 ? -1 : Math.max(0, call.nowMs - consumer.activeMs)],
      ]),
    );
  },
} as const satisfies Handler;
