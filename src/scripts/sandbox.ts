/** The globals and libraries that scripts and functions find, all of them protected. */
import { baseFunctions, randomFunctions } from "./base-functions.ts";
import { LIBRARIES } from "./libraries.ts";
import { pushLibrary, setFunctions } from "./library.ts";
import { GLOBALS, type HostFunction, type Lua } from "./lua.ts";
import type { Protection } from "./protection.ts";
import type { Random48 } from "./random48.ts";
import { addRedisConstants, redisFunctions, type ScriptRun } from "./redis-library.ts";

/** What is not there for scripts. */
const REMOVED = ["dofile", "loadfile", "print", "newproxy", "getfenv", "setfenv", "module", "require"];
const PROTECTED = ["table", "math", "coroutine", "redis", ...Object.keys(LIBRARIES)];

export interface SandboxOptions {
  readonly lua: Lua;
  readonly protection: Protection;
  readonly redisVersion: string;
  readonly random: Random48;
  /** Makes a table of an error. */
  readonly handleError: HostFunction;
  /** The run that is going on, if there is one. */
  current(): ScriptRun | undefined;
}

export function openSandbox(options: SandboxOptions): void {
  const { lua, protection, redisVersion, random, handleError, current } = options;
  const { main } = lua;
  lua.open("luaopen_base");
  lua.open("luaopen_table");
  lua.open("luaopen_string");
  lua.open("luaopen_math");
  for (const name of REMOVED) {
    lua.api.lua_pushnil(main);
    lua.setField(main, GLOBALS, name);
  }
  setFunctions(lua, main, GLOBALS, {
    ...baseFunctions(lua),
    ...protection.replacements(main),
    __redis__err__handler: handleError,
  });
  lua.getField(main, GLOBALS, "math");
  setFunctions(lua, main, -2, randomFunctions(lua, random));
  lua.pop(main);
  for (const [name, open] of Object.entries(LIBRARIES)) {
    open(lua, main);
    lua.setField(main, GLOBALS, name);
  }
  pushLibrary(lua, main, redisFunctions(lua, current));
  addRedisConstants(lua, main, redisVersion);
  lua.setField(main, GLOBALS, "redis");
  protection.protectAll(main, PROTECTED);
}
