/** cjson.encode: the JSON of a Lua value. Texts are byte strings, one character a byte. */
import type { JsonSettings } from "./cjson-settings.ts";
import { type Lua, type State, TYPE } from "./lua.ts";
import { significantDigits } from "./number-text.ts";

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["/", "\\/"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is escaped.
const ESCAPED = /["\\/\x00-\x1f\x7f]/g;

/** The JSON of the value on the top of the stack. Raises an error for what JSON does not have. */
export function encodeJson(lua: Lua, state: State, settings: JsonSettings): string {
  return encode(lua, state, settings, 0);
}

function encode(lua: Lua, state: State, settings: JsonSettings, depth: number): string {
  const { api } = lua;
  const type = api.lua_type(state, -1);
  switch (type) {
    case TYPE.string:
      return quoted(lua.viewAt(state, -1)?.latin1Slice() ?? "");
    case TYPE.number:
      return numberText(lua, state, -1, settings);
    case TYPE.boolean:
      return api.lua_toboolean(state, -1) === 0 ? "false" : "true";
    case TYPE.nil:
      return "null";
    case TYPE.table:
      return encodeTable(lua, state, settings, depth + 1);
    default:
      if (type === TYPE.lightUserdata && api.lua_topointer(state, -1) === 0) return "null";
      return refuse(lua, state, -1, "type not supported");
  }
}

function encodeTable(lua: Lua, state: State, settings: JsonSettings, depth: number): string {
  const { api } = lua;
  if (depth > settings.encodeDepthMax || api.lua_checkstack(state, 3) === 0)
    lua.error(state, `Cannot serialise, excessive nesting (${depth})`);
  const length = arrayLength(lua, state, settings);
  return length > 0
    ? encodeArray(lua, state, settings, depth, length)
    : encodeObject(lua, state, settings, depth);
}

/** The length of the array that a table is; 0 or less: it is none. */
function arrayLength(lua: Lua, state: State, settings: JsonSettings): number {
  const { api } = lua;
  let max = 0;
  let count = 0;
  api.lua_pushnil(state);
  while (api.lua_next(state, -2) !== 0) {
    const key = api.lua_type(state, -2) === TYPE.number ? api.lua_tonumber(state, -2) : 0;
    if (!(key >= 1) || Math.floor(key) !== key) {
      lua.pop(state, 2);
      return -1;
    }
    max = Math.max(max, key);
    count += 1;
    lua.pop(state);
  }
  const { sparseRatio, sparseSafe } = settings;
  if (sparseRatio === 0 || max <= count * sparseRatio || max <= sparseSafe) return max;
  if (!settings.convertsSparse) refuse(lua, state, -1, "excessively sparse array");
  return -1;
}

function encodeArray(lua: Lua, state: State, settings: JsonSettings, depth: number, length: number): string {
  let text = "[";
  for (let position = 1; position <= length; position += 1) {
    lua.api.lua_rawgeti(state, -1, position);
    text += (position > 1 ? "," : "") + encode(lua, state, settings, depth);
    lua.pop(state);
  }
  return `${text}]`;
}

function encodeObject(lua: Lua, state: State, settings: JsonSettings, depth: number): string {
  const { api } = lua;
  let text = "{";
  api.lua_pushnil(state);
  while (api.lua_next(state, -2) !== 0) {
    if (text.length > 1) text += ",";
    const type = api.lua_type(state, -2);
    if (type === TYPE.number) text += `"${numberText(lua, state, -2, settings)}":`;
    else if (type === TYPE.string) text += `${quoted(lua.viewAt(state, -2)?.latin1Slice() ?? "")}:`;
    else refuse(lua, state, -2, "table key must be a number or string");
    text += encode(lua, state, settings, depth);
    lua.pop(state);
  }
  return `${text}}`;
}

function numberText(lua: Lua, state: State, index: number, settings: JsonSettings): string {
  const value = lua.api.lua_tonumber(state, index);
  if (!Number.isFinite(value)) {
    if (settings.encodesInvalid === 0) refuse(lua, state, index, "must not be NaN or Inf");
    if (settings.encodesInvalid === 2) return "null";
  }
  return significantDigits(value, settings.precision);
}

function quoted(text: string): string {
  return `"${text.replace(ESCAPED, escaped)}"`;
}

function escaped(character: string): string {
  return ESCAPES.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function refuse(lua: Lua, state: State, index: number, reason: string): never {
  return lua.error(state, `Cannot serialise ${lua.typeName(state, index)}: ${reason}`);
}
