/** XDEL key id [id …]: removes entries; how many there were. */

import { deleteAmong, settleFirstId } from "../../streams/removal.ts";
import { saveStream } from "../../streams/streams.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { exactId } from "./ids.ts";
import { streamAt } from "./streams.ts";

export const xdel = {
  name: "XDEL",
  run: (call) => {
    const stream = streamAt(call, argument(call.args, 1));
    if (stream === undefined) return 0;
    const ids = call.args.slice(2).map(exactId);
    let count = 0;
    for (const id of ids) if (deleteAmong(stream, id)) count += 1;
    if (count === 0) return 0;
    settleFirstId(stream);
    saveStream(stream, "xdel");
    return count;
  },
} as const satisfies Handler;
