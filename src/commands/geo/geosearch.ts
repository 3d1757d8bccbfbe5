/**
 * GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius unit | BYBOX width height unit>
 * [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]: the members in a circle or box.
 */
import type { Handler } from "../handler.ts";
import { search } from "./searching.ts";

export const geosearch = {
  name: "GEOSEARCH",
  run: (call) => search(call, 1, { kind: "search", at: 2, isStored: false }, "geosearchstore"),
} as const satisfies Handler;
