/** The handlers of the stream group. */
import type { Handler } from "../handler.ts";
import { xadd } from "./xadd.ts";
import { xdel } from "./xdel.ts";
import { xinfoStream } from "./xinfo-stream.ts";
import { xlen } from "./xlen.ts";
import { xrange } from "./xrange.ts";
import { xrevrange } from "./xrevrange.ts";
import { xtrim } from "./xtrim.ts";

export const STREAM_HANDLERS: readonly Handler[] = [xadd, xdel, xinfoStream, xlen, xrange, xrevrange, xtrim];
