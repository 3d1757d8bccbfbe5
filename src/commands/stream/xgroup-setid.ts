/** XGROUP SETID key group id | $ [ENTRIESREAD n]: the group is given the entries behind the id from now on. */
import { OK } from "../../protocol/reply.ts";
import { saveGroup } from "../../streams/groups.ts";
import { saveStream } from "../../streams/streams.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { checkCount, groupOptions, namedGroup } from "./group-arguments.ts";
import { idOrEnd } from "./ids.ts";

export const xgroupSetid = {
  name: "XGROUP|SETID",
  run: (call) => {
    const { entriesRead } = groupOptions(call.args, false);
    const { stream, group } = namedGroup(call);
    checkCount(call.args, 7);
    const id = argument(call.args, 4);
    group.lastId = id.toString("latin1") === "$" ? stream.header.lastId : idOrEnd(id);
    group.entriesRead = entriesRead;
    saveGroup(stream, group);
    saveStream(stream, "xgroup-setid");
    return OK;
  },
} as const satisfies Handler;
