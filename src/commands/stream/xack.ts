/** XACK key group id [id …]: the entries are done with; how many were pending. */
import { saveGroup } from "../../streams/groups.ts";
import { removePending } from "../../streams/pending.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { exactId } from "./ids.ts";
import { groupAt } from "./streams.ts";

export const xack = {
  name: "XACK",
  run: (call) => {
    const { args } = call;
    const found = groupAt(call, argument(args, 1), argument(args, 2));
    if (found === undefined) return 0;
    const { stream, group } = found;
    let count = 0;
    for (const id of args.slice(3).map(exactId)) {
      if (removePending(stream, group, id)) count += 1;
    }
    if (count > 0) saveGroup(stream, group);
    return count;
  },
} as const satisfies Handler;
