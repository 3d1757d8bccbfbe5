/** XINFO GROUPS key: the consumer groups of a stream. */
import * as errors from "../../protocol/errors.ts";
import { map } from "../../protocol/reply.ts";
import { groupsOf } from "../../streams/groups.ts";
import { lagOf, READ_UNKNOWN } from "../../streams/lag.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { idReply } from "./ids.ts";
import { streamAt } from "./streams.ts";

export const xinfoGroups = {
  name: "XINFO|GROUPS",
  run: (call) => {
    const stream = streamAt(call, argument(call.args, 2));
    if (stream === undefined) throw errors.noSuchKey();
    return groupsOf(stream).map((group) =>
      map([
        ["name", group.name],
        ["consumers", group.consumerCount],
        ["pending", group.pendingCount],
        ["last-delivered-id", idReply(group.lastId)],
        ["entries-read", group.entriesRead === READ_UNKNOWN ? null : group.entriesRead],
        ["lag", lagOf(stream.header, group) ?? null],
      ]),
    );
  },
} as const satisfies Handler;
