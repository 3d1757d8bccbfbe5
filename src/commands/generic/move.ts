/** MOVE key db: moves a key to another database, unless that has such a key; 1 if it did. */
import { bytesOf } from "../../base/bytes.ts";
import { mayMove, moveFamily } from "../../machines/family-moves.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import { databaseIndex } from "../database-index.ts";
import type { Handler } from "../handler.ts";

export const move = {
  name: "MOVE",
  run: ({ args, databases, db, server, session }) => {
    if (server.cluster !== undefined) throw errors.notInClusterMode("MOVE");
    const key = bytesOf(argument(args, 1));
    const index = databaseIndex(argument(args, 2), databases);
    if (index === session.database) throw errors.sameObject();
    const record = db.find(key);
    const target = databases.at(index);
    if (record === undefined || target.find(key) !== undefined) return 0;
    if (!mayMove(db, { key, record }, target)) return 0;
    moveFamily(db, { key, record }, { db: target, key });
    return 1;
  },
} as const satisfies Handler;
