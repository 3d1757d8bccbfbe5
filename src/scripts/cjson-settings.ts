/** What of the library `cjson` can be set, and the functions that set it: each gives back what holds then. */
import type { HostFunction, Lua, State } from "./lua.ts";
import { TYPE } from "./lua.ts";

export interface JsonSettings {
  convertsSparse: boolean;
  sparseRatio: number;
  sparseSafe: number;
  encodeDepthMax: number;
  decodeDepthMax: number;
  /** 0: refused, 1: written as they are, 2: written as null. */
  encodesInvalid: number;
  /** 0: refused, 1: read. */
  decodesInvalid: number;
  keepsBuffer: boolean;
  precision: number;
}

const INTEGER_MAX = 2 ** 31 - 1;
const DEPTH_MAX = 1000;
const PRECISION_MAX = 14;
const SWITCH = ["off", "on"];
const INVALID = ["off", "on", "null"];

export function defaultSettings(): JsonSettings {
  return {
    convertsSparse: false,
    sparseRatio: 2,
    sparseSafe: 10,
    encodeDepthMax: DEPTH_MAX,
    decodeDepthMax: DEPTH_MAX,
    encodesInvalid: 0,
    decodesInvalid: 1,
    keepsBuffer: true,
    precision: PRECISION_MAX,
  };
}

export function settingFunctions(lua: Lua, settings: JsonSettings): Record<string, HostFunction> {
  const integerSetting =
    (name: "encodeDepthMax" | "decodeDepthMax" | "precision", max: number): HostFunction =>
    (state) => {
      checkCount(lua, state, 1);
      settings[name] = readInteger(lua, state, 1, { now: settings[name], min: 1, max });
      lua.api.lua_pushnumber(state, settings[name]);
      return 1;
    };
  const choiceSetting =
    (name: "encodesInvalid" | "decodesInvalid"): HostFunction =>
    (state) => {
      checkCount(lua, state, 1);
      settings[name] = readChoice(lua, state, 1, settings[name], INVALID);
      pushChoice(lua, state, settings[name], INVALID);
      return 1;
    };
  return {
    encode_sparse_array: (state) => {
      checkCount(lua, state, 3);
      settings.convertsSparse = readChoice(lua, state, 1, Number(settings.convertsSparse), SWITCH) === 1;
      settings.sparseRatio = readInteger(lua, state, 2, {
        now: settings.sparseRatio,
        min: 0,
        max: INTEGER_MAX,
      });
      settings.sparseSafe = readInteger(lua, state, 3, {
        now: settings.sparseSafe,
        min: 0,
        max: INTEGER_MAX,
      });
      lua.api.lua_pushboolean(state, settings.convertsSparse ? 1 : 0);
      lua.api.lua_pushnumber(state, settings.sparseRatio);
      lua.api.lua_pushnumber(state, settings.sparseSafe);
      return 3;
    },
    encode_max_depth: integerSetting("encodeDepthMax", INTEGER_MAX),
    decode_max_depth: integerSetting("decodeDepthMax", INTEGER_MAX),
    encode_number_precision: integerSetting("precision", PRECISION_MAX),
    encode_keep_buffer: (state) => {
      checkCount(lua, state, 1);
      settings.keepsBuffer = readChoice(lua, state, 1, Number(settings.keepsBuffer), SWITCH) === 1;
      lua.api.lua_pushboolean(state, settings.keepsBuffer ? 1 : 0);
      return 1;
    },
    encode_invalid_numbers: choiceSetting("encodesInvalid"),
    decode_invalid_numbers: choiceSetting("decodesInvalid"),
  };
}

/** Raises an error for more arguments than there may be; those that are missing are nil. */
function checkCount(lua: Lua, state: State, max: number): void {
  if (lua.api.lua_gettop(state) > max) lua.argumentError(state, max + 1, "found too many arguments");
  lua.api.lua_settop(state, max);
}

function readInteger(
  lua: Lua,
  state: State,
  argument: number,
  { now, min, max }: { readonly now: number; readonly min: number; readonly max: number },
): number {
  if (lua.api.lua_type(state, argument) <= TYPE.nil) return now;
  const value = Math.trunc(lua.api.luaL_checknumber(state, argument));
  if (value >= min && value <= max) return value;
  return lua.argumentError(state, 1, `expected integer between ${min} and ${max}`);
}

/** The position of a word among the choices; a boolean is the first or the second. */
function readChoice(
  lua: Lua,
  state: State,
  argument: number,
  now: number,
  choices: readonly string[],
): number {
  const type = lua.api.lua_type(state, argument);
  if (type <= TYPE.nil) return now;
  if (type === TYPE.boolean) return lua.api.lua_toboolean(state, argument);
  const word = lua.checkBytes(state, argument).toString("latin1");
  const choice = choices.indexOf(word);
  return choice >= 0 ? choice : lua.argumentError(state, argument, `invalid option '${word.slice(0, 100)}'`);
}

function pushChoice(lua: Lua, state: State, value: number, choices: readonly string[]): void {
  if (value < 2) lua.api.lua_pushboolean(state, value);
  else lua.pushText(state, choices[value] ?? "");
}
