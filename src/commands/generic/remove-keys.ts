/** What DEL and UNLINK do. */
import { bytesOf } from "../../base/bytes.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Call } from "../handler.ts";

/** Removes the keys that args name from the second on; the number of those that were there. */
export function removeKeys({ args, db }: Call): Reply {
  const keys = args.slice(1).map(bytesOf);
  // A machine that is named beside the one it belongs to counts too, though it goes with that.
  const named = keys.length === 1 ? 0 : new Set(keys.filter((key) => db.find(key) !== undefined)).size;
  const removed = keys.filter((key) => db.remove(key, "del")).length;
  return Math.max(named, removed);
}
