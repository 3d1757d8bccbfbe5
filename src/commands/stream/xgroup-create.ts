/** XGROUP CREATE key group id | $ [MKSTREAM] [ENTRIESREAD n]: a group that is given the entries behind the id. */
import { bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { ID_MIN } from "../../streams/entry-id.ts";
import { createGroup, findGroup } from "../../streams/groups.ts";
import { createStream, saveStream } from "../../streams/streams.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { checkCount, groupOptions } from "./group-arguments.ts";
import { exactId } from "./ids.ts";
import { streamAt } from "./streams.ts";

export const xgroupCreate = {
  name: "XGROUP|CREATE",
  run: (call) => {
    const { args } = call;
    const { hasMkstream, entriesRead } = groupOptions(args, true);
    const key = argument(args, 2);
    const found = streamAt(call, key);
    if (found === undefined && !hasMkstream) throw errors.noStreamForGroup();
    checkCount(args, 8);
    const idArgument = argument(args, 4);
    const lastId =
      idArgument.toString("latin1") === "$" ? (found?.header.lastId ?? ID_MIN) : exactId(idArgument);
    const stream = found ?? createStream(call.db, bytesOf(key));
    const name = argument(args, 3);
    if (findGroup(stream, name) !== undefined) throw errors.groupExists();
    createGroup(stream, { name, lastId, entriesRead });
    saveStream(stream, "xgroup-create");
    return OK;
  },
} as const satisfies Handler;
