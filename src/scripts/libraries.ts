/** The libraries that scripts have beside Lua's own and `redis`: each pushes its table. */
import { openBit } from "./bit-library.ts";
import { openCjson } from "./cjson-library.ts";
import { openCmsgpack } from "./cmsgpack-library.ts";
import type { Lua, State } from "./lua.ts";
import { openStruct } from "./struct-library.ts";

export const LIBRARIES: Readonly<Record<string, (lua: Lua, state: State) => void>> = {
  bit: openBit,
  cjson: openCjson,
  cmsgpack: openCmsgpack,
  struct: openStruct,
};
