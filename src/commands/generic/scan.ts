/**
 * SCAN cursor [MATCH pattern] [COUNT n] [TYPE name]: a step of a walk over all keys. A key that is there from the
 * beginning of the walk to its end is returned; one that comes or goes meanwhile may be. The walk ends however many
 * keys come meanwhile. A key that gets a value of another type counts as one that came.
 */
import { bufferOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { scanCursorOf, scanOptions } from "../scan-elements.ts";
import { TYPE_NAMES } from "./type-names.ts";

export const scan = {
  name: "SCAN",
  run: ({ args, db }: Call) => {
    const from = scanCursorOf(argument(args, 1));
    const { matches, type, count } = scanOptions(args, 2, true);
    const { cursor, keys } = db.scan(from, count);
    const found = keys.filter((key) => {
      if (!matches(key)) return false;
      const record = db.find(key);
      if (record === undefined) return false;
      return type === undefined || TYPE_NAMES[record.type].toLowerCase() === type;
    });
    return [String(cursor), found.map(bufferOf)];
  },
} as const satisfies Handler;
