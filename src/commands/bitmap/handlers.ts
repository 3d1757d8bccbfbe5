/** The handlers of the bitmap group. */
import type { Handler } from "../handler.ts";
import { bitcount } from "./bitcount.ts";
import { bitfield } from "./bitfield.ts";
import { bitfieldRo } from "./bitfield-ro.ts";
import { bitop } from "./bitop.ts";
import { bitpos } from "./bitpos.ts";
import { getbit } from "./getbit.ts";
import { setbit } from "./setbit.ts";

export const BITMAP_HANDLERS: readonly Handler[] = [
  bitcount,
  bitfield,
  bitfieldRo,
  bitop,
  bitpos,
  getbit,
  setbit,
];
