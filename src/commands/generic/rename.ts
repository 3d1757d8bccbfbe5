/** RENAME key newkey: gives what a key holds another key, replacing what that held. */
import { bytesOf } from "../../base/bytes.ts";
import { moveFamily } from "../../machines/family-moves.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const rename = {
  name: "RENAME",
  run: ({ args, db }) => {
    const [from, to] = [bytesOf(argument(args, 1)), bytesOf(argument(args, 2))];
    const record = db.find(from);
    if (record === undefined) throw errors.noSuchKey();
    if (from !== to) moveFamily(db, { key: from, record }, { db, key: to });
    return OK;
  },
} as const satisfies Handler;
