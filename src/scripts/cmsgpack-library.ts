/** The library `cmsgpack` of scripts. */
import { MessageWriter } from "./cmsgpack-pack.ts";
import { type Ending, MessageReader } from "./cmsgpack-unpack.ts";
import { pushLibrary } from "./library.ts";
import { type Lua, type State, TYPE } from "./lua.ts";

const FACTS = {
  _NAME: "cmsgpack",
  _VERSION: "lua-cmsgpack 0.4.0",
  _COPYRIGHT: "Copyright (C) 2012, Salvatore Sanfilippo",
  _DESCRIPTION: "MessagePack C implementation for Lua",
};
const ALL = 2 ** 31 - 1;
const PROBLEMS: Readonly<Record<Exclude<Ending, "whole">, string>> = {
  short: "Missing bytes in input.",
  invalid: "Bad data format in input.",
};

export function openCmsgpack(lua: Lua, state: State): void {
  pushLibrary(lua, state, {
    pack: (caller) => pack(lua, caller),
    unpack: (caller) => unpack(lua, caller, 0, 0),
    unpack_one: (caller) => {
      const offset = optionalInteger(lua, caller, 2);
      lua.api.lua_settop(caller, 1);
      return unpack(lua, caller, 1, offset);
    },
    unpack_limit: (caller) => {
      const limit = Math.trunc(lua.api.luaL_checknumber(caller, 2));
      const offset = optionalInteger(lua, caller, 3);
      lua.api.lua_settop(caller, 1);
      return unpack(lua, caller, limit, offset);
    },
  });
  for (const [name, value] of Object.entries(FACTS)) {
    lua.pushText(state, value);
    lua.setField(state, -2, name);
  }
}

function optionalInteger(lua: Lua, state: State, argument: number): number {
  if (lua.api.lua_type(state, argument) <= TYPE.nil) return 0;
  return Math.trunc(lua.api.luaL_checknumber(state, argument));
}

/** All arguments, one behind the other. */
function pack(lua: Lua, state: State): number {
  const { api } = lua;
  const count = api.lua_gettop(state);
  if (count === 0) lua.argumentError(state, 0, "MessagePack pack needs input.");
  const writer = new MessageWriter(lua, state);
  for (let index = 1; index <= count; index += 1) {
    api.lua_pushvalue(state, index);
    writer.write(0);
    lua.pop(state);
  }
  lua.pushBytes(state, writer.bytes);
  return 1;
}

/** Up to `limit` values from an offset on, behind the offset of what follows; with neither, all values alone. */
function unpack(lua: Lua, state: State, limit: number, offset: number): number {
  const { api } = lua;
  const bytes = lua.checkBytes(state, 1);
  if (offset < 0 || limit < 0)
    lua.error(state, `Invalid request to unpack with offset of ${offset} and limit of ${bytes.length}.`);
  if (offset > bytes.length)
    lua.error(state, `Start offset ${offset} greater than input length ${bytes.length}.`);
  const isAll = limit === 0 && offset === 0;
  const reader = new MessageReader(lua, state, bytes, offset);
  let count = 0;
  for (const max = isAll ? ALL : limit; reader.isBeforeEnd && count < max; count += 1) {
    const ending = reader.push();
    if (ending !== "whole") lua.error(state, PROBLEMS[ending]);
  }
  if (isAll) return count;
  api.lua_pushnumber(state, reader.isBeforeEnd ? reader.offset : -1);
  api.lua_insert(state, 2);
  return count + 1;
}
