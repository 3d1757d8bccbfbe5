/** Pushes the reply to a command as scripts see it: RESP2 or, after redis.setresp(3), RESP3. */

import { formatDouble } from "../protocol/double.ts";
import { bytesOf } from "../protocol/raw-text.ts";
import type { ProtocolVersion, Reply, TaggedReply } from "../protocol/reply.ts";
import { isArray, singly } from "../protocol/reply-kinds.ts";
import type { Lua, State } from "./lua.ts";

export function pushReply(lua: Lua, state: State, reply: Reply, protocol: ProtocolVersion): void {
  const { api } = lua;
  if (api.lua_checkstack(state, 4) === 0) lua.error(state, "stack overflow (a reply is nested too deep)");
  if (reply === null) pushNull(lua, state, protocol);
  else if (typeof reply === "number") api.lua_pushnumber(state, reply);
  else if (typeof reply === "bigint") api.lua_pushnumber(state, Number(reply));
  else if (typeof reply === "string") lua.pushText(state, reply);
  else if (Buffer.isBuffer(reply)) lua.pushBytes(state, reply);
  else if (isArray(reply)) pushArray(lua, state, reply, protocol);
  else pushTagged(lua, state, reply, protocol);
}

/** Pushes the table that an error is: `message` begins with its code. */
export function pushError(lua: Lua, state: State, message: string): void {
  pushField(lua, state, "err", bytesOf(message));
  lua.api.lua_pushboolean(state, 1);
  lua.setField(state, -2, "ignore_error_stats_update");
}

/** Pushes a table with one field, a string. */
export function pushField(lua: Lua, state: State, field: string, value: Uint8Array): void {
  lua.api.lua_createtable(state, 0, 1);
  lua.pushBytes(state, value);
  lua.setField(state, -2, field);
}

function pushNull(lua: Lua, state: State, protocol: ProtocolVersion): void {
  if (protocol === 3) lua.api.lua_pushnil(state);
  else lua.api.lua_pushboolean(state, 0);
}

function pushArray(lua: Lua, state: State, items: readonly Reply[], protocol: ProtocolVersion): void {
  lua.api.lua_createtable(state, items.length, 0);
  items.forEach((item, index) => {
    pushReply(lua, state, item, protocol);
    lua.api.lua_rawseti(state, -2, index + 1);
  });
}

function pushTagged(lua: Lua, state: State, reply: TaggedReply, protocol: ProtocolVersion): void {
  const { api } = lua;
  switch (reply.kind) {
    case "simple":
      pushField(lua, state, "ok", bytesOf(reply.text));
      return;
    case "error":
      pushError(lua, state, reply.message);
      return;
    case "nullArray":
    case "none":
      pushNull(lua, state, protocol);
      return;
    case "map":
      pushMap(lua, state, reply.entries, protocol);
      return;
    case "set":
      pushSet(lua, state, reply.items, protocol);
      return;
    case "bulks":
      pushReply(lua, state, singly(reply), protocol);
      return;
    case "double":
      if (protocol === 2) lua.pushText(state, formatDouble(reply.value));
      else pushNumberField(lua, state, "double", reply.value);
      return;
    case "boolean":
      if (protocol === 2) api.lua_pushnumber(state, reply.value ? 1 : 0);
      else api.lua_pushboolean(state, reply.value ? 1 : 0);
      return;
    case "bigNumber":
      if (protocol === 2) lua.pushText(state, reply.digits);
      else pushField(lua, state, "big_number", Buffer.from(reply.digits));
      return;
    case "verbatim":
      pushVerbatim(lua, state, reply, protocol);
      return;
    case "push":
      pushArray(lua, state, reply.items, protocol);
      return;
    case "several":
      pushArray(lua, state, reply.replies, protocol);
  }
}

function pushNumberField(lua: Lua, state: State, field: string, value: number): void {
  lua.api.lua_createtable(state, 0, 1);
  lua.api.lua_pushnumber(state, value);
  lua.setField(state, -2, field);
}

function pushMap(
  lua: Lua,
  state: State,
  entries: ReadonlyArray<readonly [Reply, Reply]>,
  protocol: ProtocolVersion,
): void {
  if (protocol === 2) {
    pushArray(lua, state, entries.flat(), protocol);
    return;
  }
  lua.api.lua_createtable(state, 0, 1);
  lua.api.lua_createtable(state, 0, entries.length);
  for (const [key, value] of entries) {
    pushReply(lua, state, key, protocol);
    pushReply(lua, state, value, protocol);
    lua.api.lua_rawset(state, -3);
  }
  lua.setField(state, -2, "map");
}

function pushSet(lua: Lua, state: State, items: readonly Reply[], protocol: ProtocolVersion): void {
  if (protocol === 2) {
    pushArray(lua, state, items, protocol);
    return;
  }
  lua.api.lua_createtable(state, 0, 1);
  lua.api.lua_createtable(state, 0, items.length);
  for (const item of items) {
    pushReply(lua, state, item, protocol);
    lua.api.lua_pushboolean(state, 1);
    lua.api.lua_rawset(state, -3);
  }
  lua.setField(state, -2, "set");
}

function pushVerbatim(
  lua: Lua,
  state: State,
  { format, text }: { readonly format: string; readonly text: string },
  protocol: ProtocolVersion,
): void {
  if (protocol === 2) {
    lua.pushText(state, text);
    return;
  }
  lua.api.lua_createtable(state, 0, 1);
  lua.api.lua_createtable(state, 0, 2);
  lua.pushText(state, text);
  lua.setField(state, -2, "string");
  lua.pushText(state, format);
  lua.setField(state, -2, "format");
  lua.setField(state, -2, "verbatim_string");
}
