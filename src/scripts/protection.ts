/**
 * Tables that scripts read and cannot write: those of the libraries, and that of the globals. What a script sees of one is
 * an empty table that finds everything in the true one and refuses to be written. Functions that pass over metatables
 * (next, rawget, rawset, setmetatable ...) are replaced by some that know these tables.
 */
import { assert } from "../base/assert.ts";
import { GLOBALS, type HostFunction, type Lua, REGISTRY, type State, TYPE } from "./lua.ts";

const READ_ONLY = "Attempt to modify a readonly table";

/** Runs after each script, in Lua: asked from outside, each table costs four calls across the border. */
const INTACT = `local next, views = ...
local count = #views
return function()
  for at = 1, count do
    if next(views[at]) ~= nil then return false end
  end
  return true
end`;

/**
 * Whether code may get at a function that writes to protected tables. Only those of the library `table` do, and a script
 * finds that by its name alone, or by way of the table of all globals, or of code that it composes.
 */
export function mayReachTables(code: Buffer): boolean {
  return code.includes("table") || code.includes("_G") || code.includes("load");
}

export class Protection {
  readonly #lua: Lua;
  /** What scripts see of each table, by its address, and a reference to the true one. */
  readonly #tables = new Map<number, number>();
  readonly #views: number[] = [];
  /** The address of what scripts see of the globals, and a reference to their metatable as scripts see it. */
  #globals = 0;
  #globalsMetatable = 0;
  #nextReference = 0;
  /** A reference to the function that looks whether all tables are as they were. */
  #intactReference = 0;

  constructor(lua: Lua) {
    this.#lua = lua;
  }

  /** Replaces the table on the top of the stack by what scripts see of it. */
  protect(state: State): void {
    const { api } = this.#lua;
    api.lua_createtable(state, 0, 0);
    api.lua_createtable(state, 0, 2);
    api.lua_pushvalue(state, -3);
    this.#lua.setField(state, -2, "__index");
    this.#lua.pushFunction(state, this.#refuse);
    this.#lua.setField(state, -2, "__newindex");
    api.lua_setmetatable(state, -2);
    const address = api.lua_topointer(state, -1);
    api.lua_insert(state, -2);
    this.#tables.set(address, api.luaL_ref(state, REGISTRY));
    api.lua_pushvalue(state, -1);
    this.#views.push(api.luaL_ref(state, REGISTRY));
  }

  /** Protects the tables of these libraries, strings' metatable and the globals; nothing can be added from here on. */
  protectAll(state: State, libraries: readonly string[]): void {
    const { api } = this.#lua;
    this.#protectStrings(state);
    for (const library of libraries) {
      this.#lua.getField(state, GLOBALS, library);
      this.protect(state);
      this.#lua.setField(state, GLOBALS, library);
    }
    api.lua_pushvalue(state, GLOBALS);
    api.lua_createtable(state, 0, 1);
    this.#lua.pushFunction(state, this.#missing);
    this.#lua.setField(state, -2, "__index");
    api.lua_pushvalue(state, -1);
    this.protect(state);
    this.#globalsMetatable = api.luaL_ref(state, REGISTRY);
    api.lua_setmetatable(state, -2);
    this.protect(state);
    this.#globals = api.lua_topointer(state, -1);
    api.lua_pushvalue(state, -1);
    // In the true globals, which are still what GLOBALS names.
    this.#lua.setField(state, GLOBALS, "_G");
    api.lua_replace(state, GLOBALS);
    this.#loadIntact(state);
  }

  /** Pushes the true table of the globals. */
  pushGlobals(state: State): void {
    this.#pushTrue(state, this.#globals);
  }

  /** Has scripts find these globals, by their reference, in place of the true ones; undefined: the true ones again. */
  showGlobals(state: State, reference: number | undefined): void {
    const { api } = this.#lua;
    api.lua_getmetatable(state, GLOBALS);
    if (reference === undefined) this.pushGlobals(state);
    else api.lua_rawgeti(state, REGISTRY, reference);
    this.#lua.setField(state, -2, "__index");
    this.#lua.pop(state);
  }

  /** Takes a field away from a protected library. */
  removeOf(state: State, library: string, field: string): void {
    const { api } = this.#lua;
    this.#lua.getField(state, GLOBALS, library);
    this.#pushTrue(state, api.lua_topointer(state, -1));
    api.lua_pushnil(state);
    this.#lua.setField(state, -2, field);
    this.#lua.pop(state, 2);
  }

  /** Reading a field that the table on the top does not have raises an error from here on. */
  refuseMissing(state: State): void {
    const { api } = this.#lua;
    api.lua_createtable(state, 0, 1);
    this.#lua.pushFunction(state, this.#missing);
    this.#lua.setField(state, -2, "__index");
    api.lua_setmetatable(state, -2);
  }

  /** False when a script has written to a table behind the protection, as table.insert can: the machine is then spoilt. */
  isIntact(state: State): boolean {
    const { api } = this.#lua;
    api.lua_rawgeti(state, REGISTRY, this.#intactReference);
    const status = api.lua_pcall(state, 0, 1, 0);
    const isIntact = status === 0 && api.lua_toboolean(state, -1) === 1;
    this.#lua.pop(state);
    return isIntact;
  }

  /** Makes the function of `isIntact`, with Lua's own `next` and the tables as scripts see them. */
  #loadIntact(state: State): void {
    const { api } = this.#lua;
    const isLoaded = this.#lua.load(state, Buffer.from(INTACT), Buffer.from("=protection"));
    assert(isLoaded, "code of ours compiles");
    api.lua_rawgeti(state, REGISTRY, this.#nextReference);
    api.lua_createtable(state, this.#views.length, 0);
    this.#views.forEach((reference, index) => {
      api.lua_rawgeti(state, REGISTRY, reference);
      api.lua_rawseti(state, -2, index + 1);
    });
    api.lua_call(state, 2, 1);
    this.#intactReference = api.luaL_ref(state, REGISTRY);
  }

  /** Functions that take the place of Lua's own. */
  replacements(state: State): Readonly<Record<string, HostFunction>> {
    this.#lua.getField(state, GLOBALS, "next");
    this.#nextReference = this.#lua.api.luaL_ref(state, REGISTRY);
    return {
      next: (caller) => this.#next(caller),
      pairs: (caller) => this.#pairs(caller),
      rawget: (caller) => this.#rawget(caller),
      rawset: (caller) => this.#rawset(caller),
      getmetatable: (caller) => this.#getmetatable(caller),
      setmetatable: (caller) => this.#setmetatable(caller),
    };
  }

  readonly #refuse: HostFunction = (state) => this.#lua.error(state, READ_ONLY);

  readonly #missing: HostFunction = (state) => {
    const name = this.#lua.bytesAt(state, 2)?.toString("latin1");
    if (name === undefined)
      return this.#lua.error(state, "Second argument to luaProtectedTableError must be a string or number");
    return this.#lua.error(state, `Script attempted to access nonexistent global variable '${name}'`);
  };

  /** Methods of strings are found in the true table; getmetatable("") gives a protected one. */
  #protectStrings(state: State): void {
    const { api } = this.#lua;
    this.#lua.pushText(state, "");
    api.lua_getmetatable(state, -1);
    api.lua_createtable(state, 0, 1);
    this.#lua.getField(state, GLOBALS, "string");
    this.protect(state);
    api.lua_pushvalue(state, -1);
    this.#lua.setField(state, GLOBALS, "string");
    this.#lua.setField(state, -2, "__index");
    this.protect(state);
    this.#lua.setField(state, -2, "__metatable");
    this.#lua.pop(state, 2);
  }

  #isProtected(state: State, index: number): boolean {
    return this.#tables.has(this.#lua.api.lua_topointer(state, index));
  }

  #pushTrue(state: State, address: number): void {
    this.#lua.api.lua_rawgeti(state, REGISTRY, this.#tables.get(address) ?? 0);
  }

  /** Puts the true table in the place of a protected one. */
  #seeThrough(state: State, index: number): void {
    if (!this.#isProtected(state, index)) return;
    this.#pushTrue(state, this.#lua.api.lua_topointer(state, index));
    this.#lua.api.lua_replace(state, index);
  }

  #refusePlainly(state: State): never {
    this.#lua.pushText(state, READ_ONLY);
    return this.#lua.raise(state);
  }

  #next(state: State): number {
    const { api } = this.#lua;
    api.luaL_checktype(state, 1, TYPE.table);
    api.lua_settop(state, 2);
    this.#seeThrough(state, 1);
    if (api.lua_next(state, 1) !== 0) return 2;
    api.lua_pushnil(state);
    return 1;
  }

  #pairs(state: State): number {
    const { api } = this.#lua;
    api.luaL_checktype(state, 1, TYPE.table);
    if (this.#isProtected(state, 1)) {
      this.#pushTrue(state, this.#globals);
      this.#lua.getField(state, -1, "next");
    } else api.lua_rawgeti(state, REGISTRY, this.#nextReference);
    api.lua_pushvalue(state, 1);
    api.lua_pushnil(state);
    return 3;
  }

  #rawget(state: State): number {
    const { api } = this.#lua;
    api.luaL_checktype(state, 1, TYPE.table);
    api.luaL_checkany(state, 2);
    api.lua_settop(state, 2);
    this.#seeThrough(state, 1);
    api.lua_rawget(state, 1);
    return 1;
  }

  #rawset(state: State): number {
    const { api } = this.#lua;
    api.luaL_checktype(state, 1, TYPE.table);
    api.luaL_checkany(state, 2);
    api.luaL_checkany(state, 3);
    api.lua_settop(state, 3);
    if (this.#isProtected(state, 1)) this.#refusePlainly(state);
    api.lua_rawset(state, 1);
    return 1;
  }

  #getmetatable(state: State): number {
    const { api } = this.#lua;
    api.luaL_checkany(state, 1);
    const address = api.lua_topointer(state, 1);
    if (address === this.#globals) {
      api.lua_rawgeti(state, REGISTRY, this.#globalsMetatable);
      return 1;
    }
    if (this.#tables.has(address) || api.lua_getmetatable(state, 1) === 0) {
      api.lua_pushnil(state);
      return 1;
    }
    api.luaL_getmetafield(state, 1, this.#lua.name("__metatable"));
    return 1;
  }

  #setmetatable(state: State): number {
    const { api } = this.#lua;
    const type = api.lua_type(state, 2);
    api.luaL_checktype(state, 1, TYPE.table);
    if (type !== TYPE.nil && type !== TYPE.table) this.#lua.argumentError(state, 2, "nil or table expected");
    if (this.#isProtected(state, 1)) this.#refusePlainly(state);
    if (api.luaL_getmetafield(state, 1, this.#lua.name("__metatable")) !== 0)
      this.#lua.error(state, "cannot change a protected metatable");
    api.lua_settop(state, 2);
    api.lua_setmetatable(state, 1);
    return 1;
  }
}
