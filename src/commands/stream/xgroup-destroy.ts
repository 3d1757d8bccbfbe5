/** XGROUP DESTROY key group: removes a group with its consumers and what they have pending; 1 when it was there. */
import * as errors from "../../protocol/errors.ts";
import { findGroup, removeGroup } from "../../streams/groups.ts";
import { saveStream } from "../../streams/streams.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { streamAt } from "./streams.ts";

export const xgroupDestroy = {
  name: "XGROUP|DESTROY",
  run: (call) => {
    const stream = streamAt(call, argument(call.args, 2));
    if (stream === undefined) throw errors.noStreamForGroup();
    const group = findGroup(stream, argument(call.args, 3));
    if (group === undefined) return 0;
    removeGroup(stream, group);
    saveStream(stream, "xgroup-destroy");
    return 1;
  },
} as const satisfies Handler;
