/** The library `cjson` of scripts. */
import { encodeJson } from "./cjson-encode.ts";
import { defaultSettings, type JsonSettings, settingFunctions } from "./cjson-settings.ts";
import { JsonTokens, type Token } from "./cjson-tokens.ts";
import { pushLibrary } from "./library.ts";
import type { Lua, State } from "./lua.ts";

export function openCjson(lua: Lua, state: State): void {
  const settings = defaultSettings();
  pushLibrary(lua, state, {
    ...settingFunctions(lua, settings),
    encode: (caller) => {
      checkOneArgument(lua, caller);
      lua.pushBytes(caller, Buffer.from(encodeJson(lua, caller, settings), "latin1"));
      return 1;
    },
    decode: (caller) => decode(lua, caller, settings),
    new: (caller) => {
      openCjson(lua, caller);
      return 1;
    },
  });
  lua.api.lua_pushlightuserdata(state, 0);
  lua.setField(state, -2, "null");
  lua.pushText(state, "cjson");
  lua.setField(state, -2, "_NAME");
  lua.pushText(state, "2.1.0");
  lua.setField(state, -2, "_VERSION");
}

function checkOneArgument(lua: Lua, state: State): void {
  if (lua.api.lua_gettop(state) !== 1) lua.argumentError(state, 1, "expected 1 argument");
}

function decode(lua: Lua, state: State, settings: JsonSettings): number {
  checkOneArgument(lua, state);
  const text = lua.checkBytes(state, 1).latin1Slice();
  if (text.length >= 2 && (text[0] === "\0" || text[1] === "\0"))
    lua.error(state, "JSON parser does not support UTF-16 or UTF-32");
  const tokens = new JsonTokens(text, settings.decodesInvalid !== 0);
  const decoder = new Decoder(lua, state, tokens, settings.decodeDepthMax);
  decoder.push(tokens.next(), 0);
  const end = tokens.next();
  if (end.type !== "T_END") decoder.refuse("the end", end);
  return 1;
}

class Decoder {
  readonly #lua: Lua;
  readonly #state: State;
  readonly #tokens: JsonTokens;
  readonly #depthMax: number;

  constructor(lua: Lua, state: State, tokens: JsonTokens, depthMax: number) {
    this.#lua = lua;
    this.#state = state;
    this.#tokens = tokens;
    this.#depthMax = depthMax;
  }

  /** Pushes the value that begins with a token. */
  push(token: Token, depth: number): void {
    const { api } = this.#lua;
    switch (token.type) {
      case "T_STRING":
        this.#pushText(token.text);
        return;
      case "T_NUMBER":
        api.lua_pushnumber(this.#state, token.number);
        return;
      case "T_BOOLEAN":
        api.lua_pushboolean(this.#state, token.number);
        return;
      case "T_NULL":
        api.lua_pushlightuserdata(this.#state, 0);
        return;
      case "T_OBJ_BEGIN":
        this.#pushObject(depth + 1);
        return;
      case "T_ARR_BEGIN":
        this.#pushArray(depth + 1);
        return;
      default:
        this.refuse("value", token);
    }
  }

  refuse(expected: string, { type, text, index }: Token): never {
    const found = type === "T_ERROR" ? text : type;
    return this.#lua.error(this.#state, `Expected ${expected} but found ${found} at character ${index + 1}`);
  }

  #pushText(text: string): void {
    this.#lua.pushBytes(this.#state, Buffer.from(text, "latin1"));
  }

  #descend(depth: number, slots: number): void {
    if (depth <= this.#depthMax && this.#lua.api.lua_checkstack(this.#state, slots) !== 0) return;
    this.#lua.error(
      this.#state,
      `Found too many nested data structures (${depth}) at character ${this.#tokens.offset}`,
    );
  }

  #pushObject(depth: number): void {
    const { api } = this.#lua;
    this.#descend(depth, 3);
    api.lua_createtable(this.#state, 0, 0);
    let token = this.#tokens.next();
    if (token.type === "T_OBJ_END") return;
    for (;;) {
      if (token.type !== "T_STRING") this.refuse("object key string", token);
      this.#pushText(token.text);
      token = this.#tokens.next();
      if (token.type !== "T_COLON") this.refuse("colon", token);
      this.push(this.#tokens.next(), depth);
      api.lua_rawset(this.#state, -3);
      token = this.#tokens.next();
      if (token.type === "T_OBJ_END") return;
      if (token.type !== "T_COMMA") this.refuse("comma or object end", token);
      token = this.#tokens.next();
    }
  }

  #pushArray(depth: number): void {
    const { api } = this.#lua;
    this.#descend(depth, 2);
    api.lua_createtable(this.#state, 0, 0);
    let token = this.#tokens.next();
    if (token.type === "T_ARR_END") return;
    for (let position = 1; ; position += 1) {
      this.push(token, depth);
      api.lua_rawseti(this.#state, -2, position);
      token = this.#tokens.next();
      if (token.type === "T_ARR_END") return;
      if (token.type !== "T_COMMA") this.refuse("comma or array end", token);
      token = this.#tokens.next();
    }
  }
}
