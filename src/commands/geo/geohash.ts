/** GEOHASH key [member ...]: the geohashes of members, as other programs know them. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { sortedSetAt } from "../sorted-set/sorted-sets.ts";
import { geohashText } from "./geohash-cells.ts";
import { memberPosition } from "./positions.ts";

export const geohash = {
  name: "GEOHASH",
  run: (call) => {
    const set = sortedSetAt(call, argument(call.args, 1));
    return call.args.slice(2).map((member) => {
      const position = memberPosition(set, member);
      return position === undefined ? null : geohashText(position);
    });
  },
} as const satisfies Handler;
