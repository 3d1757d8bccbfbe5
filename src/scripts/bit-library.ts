/** The library `bit` of scripts: operations on numbers of 32 bits. */
import { pushLibrary } from "./library.ts";
import type { HostFunction, Lua, State } from "./lua.ts";

type Shift = (value: number, by: number) => number;

const SHIFTS: Readonly<Record<string, Shift>> = {
  lshift: (value, by) => value << by,
  rshift: (value, by) => value >>> by,
  arshift: (value, by) => value >> by,
  rol: (value, by) => (value << by) | (value >>> (32 - by)),
  ror: (value, by) => (value >>> by) | (value << (32 - by)),
};

type Combination = (left: number, right: number) => number;

const COMBINATIONS: Readonly<Record<string, Combination>> = {
  band: (left, right) => left & right,
  bor: (left, right) => left | right,
  bxor: (left, right) => left ^ right,
};

export function openBit(lua: Lua, state: State): void {
  const functions: Record<string, HostFunction> = {
    tobit: (caller) => push(lua, caller, bits(lua, caller, 1)),
    bnot: (caller) => push(lua, caller, ~bits(lua, caller, 1)),
    bswap: (caller) => push(lua, caller, swapped(bits(lua, caller, 1))),
    tohex: (caller) => tohex(lua, caller),
  };
  for (const [name, combine] of Object.entries(COMBINATIONS)) {
    functions[name] = (caller) => {
      let value = bits(lua, caller, 1);
      for (let index = lua.api.lua_gettop(caller); index > 1; index -= 1)
        value = combine(value, bits(lua, caller, index));
      return push(lua, caller, value);
    };
  }
  for (const [name, shift] of Object.entries(SHIFTS)) {
    functions[name] = (caller) => {
      const value = bits(lua, caller, 1);
      const by = bits(lua, caller, 2) & 31;
      return push(lua, caller, by === 0 ? value : shift(value, by));
    };
  }
  pushLibrary(lua, state, functions);
}

/** Added to a number, leaves its integer part in the low 32 bits of the double, rounded to even. */
const MAGIC = 6755399441055744;
const view = new DataView(new ArrayBuffer(8));

function bits(lua: Lua, state: State, argument: number): number {
  view.setFloat64(0, lua.api.luaL_checknumber(state, argument) + MAGIC);
  return view.getInt32(4);
}

function push(lua: Lua, state: State, value: number): number {
  lua.api.lua_pushnumber(state, value | 0);
  return 1;
}

function swapped(value: number): number {
  return (value >>> 24) | ((value >>> 8) & 0xff00) | ((value & 0xff00) << 8) | ((value & 0xff) << 24);
}

/** The last digits of a number in hexadecimal, 8 of them or as many as are wanted; a negative count: in capitals. */
function tohex(lua: Lua, state: State): number {
  const value = bits(lua, state, 1);
  const count = lua.api.lua_type(state, 2) < 0 ? 8 : bits(lua, state, 2);
  const size = Math.min(8, Math.abs(count));
  const digits = size === 0 ? "" : (value >>> 0).toString(16).padStart(8, "0").slice(-size);
  lua.pushText(state, count < 0 ? digits.toUpperCase() : digits);
  return 1;
}
