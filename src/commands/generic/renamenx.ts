/** RENAMENX key newkey: as RENAME, if the new key does not exist; 1 if it did not. */
import { bytesOf } from "../../base/bytes.ts";
import { moveFamily } from "../../machines/family-moves.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const renamenx = {
  name: "RENAMENX",
  run: ({ args, db }) => {
    const [from, to] = [bytesOf(argument(args, 1)), bytesOf(argument(args, 2))];
    const record = db.find(from);
    if (record === undefined) throw errors.noSuchKey();
    if (db.find(to) !== undefined) return 0;
    moveFamily(db, { key: from, record }, { db, key: to });
    return 1;
  },
} as const satisfies Handler;
