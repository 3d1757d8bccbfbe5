/** What DEL and UNLINK do. */
import { bytesOf } from "../../base/bytes.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Call } from "../handler.ts";

/** Removes the keys that args name from the second on; the number of those that were there. */
export function removeKeys({ args, db }: Call): Reply {
  return args.slice(1).filter((key) => db.remove(bytesOf(key), "del")).length;
}
