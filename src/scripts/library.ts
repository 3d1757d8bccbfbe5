/** Libraries of functions for scripts. */
import type { HostFunction, Lua, State } from "./lua.ts";

/** Pushes a table of functions. */
export function pushLibrary(lua: Lua, state: State, functions: Readonly<Record<string, HostFunction>>): void {
  lua.api.lua_createtable(state, 0, Object.keys(functions).length);
  for (const [name, host] of Object.entries(functions)) {
    lua.pushFunction(state, host);
    lua.setField(state, -2, name);
  }
}
