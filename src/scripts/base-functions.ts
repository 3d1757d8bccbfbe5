/** Functions of Lua's base and math libraries that scripts of Redis have in another form. */
import { GLOBALS, type HostFunction, type Lua, REGISTRY, type State, TYPE } from "./lua.ts";
import type { Random48 } from "./random48.ts";

/** What the pieces of a chunk may come to. */
const CHUNK_BYTES_MAX = 16 * 1024 * 1024;
const RANDOM_MAX = 2 ** 31 - 1;

/** By name, as globals. */
export function baseFunctions(lua: Lua): Readonly<Record<string, HostFunction>> {
  lua.getField(lua.main, GLOBALS, "tostring");
  const tostringReference = lua.api.luaL_ref(lua.main, REGISTRY);
  return {
    tostring: (state) => tostring(lua, state, tostringReference),
    pcall: (state) => pcall(lua, state),
    loadstring: (state) => loadstring(lua, state),
    load: (state) => load(lua, state),
  };
}

/** By name, in `math`: numbers that are the same in every run. */
export function randomFunctions(lua: Lua, random: Random48): Readonly<Record<string, HostFunction>> {
  return {
    random: (state) => pushRandom(lua, state, random),
    randomseed: (state) => {
      random.seed(lua.api.luaL_checknumber(state, 1));
      return 0;
    },
  };
}

/** As Lua's own, but cjson.null reads as it does in Redis. */
function tostring(lua: Lua, state: State, reference: number): number {
  const { api } = lua;
  api.luaL_checkany(state, 1);
  if (api.lua_type(state, 1) === TYPE.lightUserdata && api.lua_topointer(state, 1) === 0) {
    lua.pushText(state, "userdata: (nil)");
    return 1;
  }
  api.lua_rawgeti(state, REGISTRY, reference);
  api.lua_pushvalue(state, 1);
  api.lua_call(state, 1, 1);
  return 1;
}

/** As Lua's own, but an error that is a table of Redis comes back as its message. */
function pcall(lua: Lua, state: State): number {
  const { api } = lua;
  api.luaL_checkany(state, 1);
  const count = api.lua_gettop(state);
  const status = api.lua_pcall(state, count - 1, -1, 0);
  if (status !== 0 && api.lua_type(state, -1) === TYPE.table) {
    lua.getField(state, -1, "err");
    if (lua.viewAt(state, -1) === undefined) lua.pop(state);
    else api.lua_replace(state, -2);
  }
  if (api.lua_checkstack(state, 1) === 0) {
    api.lua_settop(state, 0);
    api.lua_pushboolean(state, 0);
    lua.pushText(state, "stack overflow");
    return 2;
  }
  api.lua_pushboolean(state, status === 0 ? 1 : 0);
  api.lua_insert(state, 1);
  return api.lua_gettop(state);
}

function loadstring(lua: Lua, state: State): number {
  const code = lua.checkBytes(state, 1);
  const name = lua.api.lua_type(state, 2) > TYPE.nil ? lua.checkBytes(state, 2) : code;
  return loaded(lua, state, lua.load(state, code, name));
}

/** The pieces that a function returns, until it returns nil or nothing. */
function load(lua: Lua, state: State): number {
  const { api } = lua;
  api.luaL_checktype(state, 1, TYPE.function);
  const name = api.lua_type(state, 2) > TYPE.nil ? lua.checkBytes(state, 2) : Buffer.from("=(load)");
  const pieces: Buffer[] = [];
  let byteCount = 0;
  for (;;) {
    api.lua_pushvalue(state, 1);
    api.lua_call(state, 0, 1);
    if (api.lua_type(state, -1) === TYPE.nil) break;
    const piece = lua.bytesAt(state, -1);
    if (piece === undefined) return lua.error(state, "reader function must return a string");
    if (piece.length === 0) break;
    byteCount += piece.length;
    if (byteCount > CHUNK_BYTES_MAX) return lua.error(state, "chunk is too long");
    pieces.push(piece);
    lua.pop(state);
  }
  return loaded(lua, state, lua.load(state, Buffer.concat(pieces), name));
}

/** What was compiled, or nil and what is wrong, which is on the top. */
function loaded(lua: Lua, state: State, isCompiled: boolean): number {
  if (isCompiled) return 1;
  lua.api.lua_pushnil(state);
  lua.api.lua_insert(state, -2);
  return 2;
}

function pushRandom(lua: Lua, state: State, random: Random48): number {
  const { api } = lua;
  const fraction = (random.next() % RANDOM_MAX) / RANDOM_MAX;
  const bound = (argument: number) => Math.trunc(api.luaL_checknumber(state, argument));
  switch (api.lua_gettop(state)) {
    case 0:
      api.lua_pushnumber(state, fraction);
      return 1;
    case 1: {
      const high = bound(1);
      if (high < 1) lua.argumentError(state, 1, "interval is empty");
      api.lua_pushnumber(state, Math.floor(fraction * high) + 1);
      return 1;
    }
    case 2: {
      const [low, high] = [bound(1), bound(2)];
      if (low > high) lua.argumentError(state, 2, "interval is empty");
      api.lua_pushnumber(state, Math.floor(fraction * (high - low + 1)) + low);
      return 1;
    }
    default:
      return lua.error(state, "wrong number of arguments");
  }
}
