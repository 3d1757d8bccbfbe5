/** Libraries of functions for scripts. */
import type { HostFunction, Lua, State } from "./lua.ts";

type Functions = Readonly<Record<string, HostFunction>>;

/** Pushes a table of functions. */
export function pushLibrary(lua: Lua, state: State, functions: Functions): void {
  lua.api.lua_createtable(state, 0, Object.keys(functions).length);
  setFunctions(lua, state, -2, functions);
}

/** Sets functions as fields of a table; an index from the top counts the function that is pushed. */
export function setFunctions(lua: Lua, state: State, table: number, functions: Functions): void {
  for (const [name, host] of Object.entries(functions)) {
    lua.pushFunction(state, host);
    lua.setField(state, table, name);
  }
}
