/** The handlers of the stream group. */
import type { Handler } from "../handler.ts";
import { xack } from "./xack.ts";
import { xadd } from "./xadd.ts";
import { xautoclaim } from "./xautoclaim.ts";
import { xclaim } from "./xclaim.ts";
import { xdel } from "./xdel.ts";
import { xgroupCreate } from "./xgroup-create.ts";
import { xgroupCreateconsumer } from "./xgroup-createconsumer.ts";
import { xgroupDelconsumer } from "./xgroup-delconsumer.ts";
import { xgroupDestroy } from "./xgroup-destroy.ts";
import { xgroupHelp } from "./xgroup-help.ts";
import { xgroupSetid } from "./xgroup-setid.ts";
import { xinfoConsumers } from "./xinfo-consumers.ts";
import { xinfoGroups } from "./xinfo-groups.ts";
import { xinfoHelp } from "./xinfo-help.ts";
import { xinfoStream } from "./xinfo-stream.ts";
import { xlen } from "./xlen.ts";
import { xpending } from "./xpending.ts";
import { xrange } from "./xrange.ts";
import { xread } from "./xread.ts";
import { xreadgroup } from "./xreadgroup.ts";
import { xrevrange } from "./xrevrange.ts";
import { xsetid } from "./xsetid.ts";
import { xtrim } from "./xtrim.ts";

export const STREAM_HANDLERS: readonly Handler[] = [
  xack,
  xadd,
  xautoclaim,
  xclaim,
  xdel,
  xgroupCreate,
  xgroupCreateconsumer,
  xgroupDelconsumer,
  xgroupDestroy,
  xgroupHelp,
  xgroupSetid,
  xinfoConsumers,
  xinfoGroups,
  xinfoHelp,
  xinfoStream,
  xlen,
  xpending,
  xrange,
  xread,
  xreadgroup,
  xrevrange,
  xsetid,
  xtrim,
];
