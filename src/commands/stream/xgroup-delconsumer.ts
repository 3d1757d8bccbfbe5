/** XGROUP DELCONSUMER key group consumer: removes it; how many entries it had pending, which are forgotten. */
import { findConsumer } from "../../streams/consumers.ts";
import { removeConsumer, saveGroup } from "../../streams/groups.ts";
import { saveStream } from "../../streams/streams.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { namedGroup } from "./group-arguments.ts";

export const xgroupDelconsumer = {
  name: "XGROUP|DELCONSUMER",
  run: (call) => {
    const { stream, group } = namedGroup(call);
    const consumer = findConsumer(stream, group, argument(call.args, 4));
    if (consumer === undefined) return 0;
    const count = consumer.pendingCount;
    removeConsumer(stream, group, consumer);
    saveGroup(stream, group);
    saveStream(stream, "xgroup-delconsumer");
    return count;
  },
} as const satisfies Handler;
