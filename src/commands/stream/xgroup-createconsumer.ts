/** XGROUP CREATECONSUMER key group consumer: 1 when it was not there before. */
import { createConsumer, findConsumer } from "../../streams/consumers.ts";
import { saveGroup } from "../../streams/groups.ts";
import { saveStream } from "../../streams/streams.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { namedGroup } from "./group-arguments.ts";

export const xgroupCreateconsumer = {
  name: "XGROUP|CREATECONSUMER",
  run: (call) => {
    const { stream, group } = namedGroup(call);
    const name = argument(call.args, 4);
    if (findConsumer(stream, group, name) !== undefined) return 0;
    createConsumer(stream, group, name);
    saveGroup(stream, group);
    saveStream(stream, "xgroup-createconsumer");
    return 1;
  },
} as const satisfies Handler;
