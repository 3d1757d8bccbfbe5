/** Makes a reply of what a script returns. */
import { textOf } from "../protocol/raw-text.ts";
import type { ProtocolVersion, Reply } from "../protocol/reply.ts";
import { type Lua, type State, TYPE, upToZero } from "./lua.ts";
import { asInteger64 } from "./number-text.ts";

/** The reply that the value on the top of the stack is; takes it off the stack. `protocol` is that of the script. */
export function takeReply(lua: Lua, state: State, protocol: ProtocolVersion): Reply {
  const { api } = lua;
  if (api.lua_checkstack(state, 4) === 0) {
    lua.pop(state);
    return { kind: "error", message: "ERR reached lua stack limit" };
  }
  const reply = replyAtTop(lua, state, protocol);
  lua.pop(state);
  return reply;
}

function replyAtTop(lua: Lua, state: State, protocol: ProtocolVersion): Reply {
  const { api } = lua;
  switch (api.lua_type(state, -1)) {
    case TYPE.string:
      return lua.bytesAt(state, -1) ?? null;
    case TYPE.number:
      return asInteger64(api.lua_tonumber(state, -1));
    case TYPE.boolean: {
      const value = api.lua_toboolean(state, -1) !== 0;
      if (protocol === 3) return { kind: "boolean", value };
      return value ? 1 : null;
    }
    case TYPE.table:
      return taggedReply(lua, state, protocol) ?? arrayReply(lua, state, protocol);
    default:
      return null;
  }
}

/** What a table with a certain field stands for; undefined: it is an array. */
function taggedReply(lua: Lua, state: State, protocol: ProtocolVersion): Reply | undefined {
  const error = stringField(lua, state, "err");
  if (error !== undefined) return { kind: "error", message: textOf(oneLine(error)) };
  const ok = stringField(lua, state, "ok");
  if (ok !== undefined) return { kind: "simple", text: textOf(oneLine(ok)) };
  const double = numberField(lua, state, "double");
  if (double !== undefined) return { kind: "double", value: double };
  const map = tableField(lua, state, "map", () => entries(lua, state, protocol));
  if (map !== undefined) return { kind: "map", entries: map };
  const set = tableField(lua, state, "set", () => entries(lua, state, protocol));
  if (set !== undefined) return { kind: "set", items: set.map(([item]) => item) };
  const digits = stringField(lua, state, "big_number");
  if (digits !== undefined) return { kind: "bigNumber", digits: oneLine(digits).toString("latin1") };
  return tableField(lua, state, "verbatim_string", () => verbatim(lua, state));
}

function verbatim(lua: Lua, state: State): Reply | undefined {
  const format = stringField(lua, state, "format");
  const text = stringField(lua, state, "string");
  if (format === undefined || text === undefined) return undefined;
  return { kind: "verbatim", format: format.toString("latin1"), text: text.toString("utf8") };
}

function arrayReply(lua: Lua, state: State, protocol: ProtocolVersion): Reply {
  const { api } = lua;
  const items: Reply[] = [];
  for (let position = 1; ; position += 1) {
    api.lua_pushnumber(state, position);
    api.lua_rawget(state, -2);
    if (api.lua_type(state, -1) === TYPE.nil) break;
    items.push(takeReply(lua, state, protocol));
  }
  lua.pop(state);
  return items;
}

/** Keys and values of the table on the top of the stack. */
function entries(lua: Lua, state: State, protocol: ProtocolVersion): Array<readonly [Reply, Reply]> {
  const { api } = lua;
  const found: Array<readonly [Reply, Reply]> = [];
  api.lua_pushnil(state);
  while (api.lua_next(state, -2) !== 0) {
    const value = takeReply(lua, state, protocol);
    // The key stays for the next step, as it is: a number must not become a string.
    api.lua_pushvalue(state, -1);
    found.push([takeReply(lua, state, protocol), value]);
  }
  return found;
}

/** Up to a zero byte, as C reads it. */
function stringField(lua: Lua, state: State, field: string): Buffer | undefined {
  return withField(lua, state, field, TYPE.string, () => upToZero(lua.bytesAt(state, -1) ?? Buffer.alloc(0)));
}

function numberField(lua: Lua, state: State, field: string): number | undefined {
  return withField(lua, state, field, TYPE.number, () => lua.api.lua_tonumber(state, -1));
}

function tableField<T>(lua: Lua, state: State, field: string, read: () => T): T | undefined {
  return withField(lua, state, field, TYPE.table, read);
}

/** Reads a field of the table on the top, if it has the type: the field is on the top while `read` runs. */
function withField<T>(lua: Lua, state: State, field: string, type: number, read: () => T): T | undefined {
  const { api } = lua;
  lua.pushText(state, field);
  api.lua_rawget(state, -2);
  const value = api.lua_type(state, -1) === type ? read() : undefined;
  lua.pop(state);
  return value;
}

function oneLine(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (byte === 0x0d || byte === 0x0a ? 0x20 : byte)));
}
