/**
 * GEOSEARCHSTORE destination source <FROMMEMBER … | FROMLONLAT …> <BYRADIUS … | BYBOX …> [ASC | DESC] [COUNT count [ANY]]
 * [STOREDIST]: stores the members in a circle or box.
 */
import type { Handler } from "../handler.ts";
import { search } from "./searching.ts";

export const geosearchstore = {
  name: "GEOSEARCHSTORE",
  run: (call) => search(call, 2, { kind: "search", at: 3, isStored: true }, "geosearchstore"),
} as const satisfies Handler;
