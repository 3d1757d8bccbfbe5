/** The handlers of the geo group. */
import type { Handler } from "../handler.ts";
import { geoadd } from "./geoadd.ts";
import { geodist } from "./geodist.ts";
import { geohash } from "./geohash.ts";
import { geopos } from "./geopos.ts";
import { georadius } from "./georadius.ts";
import { georadiusRo } from "./georadius-ro.ts";
import { georadiusbymember } from "./georadiusbymember.ts";
import { georadiusbymemberRo } from "./georadiusbymember-ro.ts";
import { geosearch } from "./geosearch.ts";
import { geosearchstore } from "./geosearchstore.ts";

export const GEO_HANDLERS: readonly Handler[] = [
  geoadd,
  geodist,
  geohash,
  geopos,
  georadius,
  georadiusRo,
  georadiusbymember,
  georadiusbymemberRo,
  geosearch,
  geosearchstore,
];
