/** The library `struct` of scripts: numbers and strings in the layout of C's structures. */
import { pushLibrary } from "./library.ts";
import { type Lua, type State, TYPE } from "./lua.ts";
import { StructFormat, type StructItem } from "./struct-format.ts";

const SIGNED = "bhil";
const INTEGERS = "bBhHlLTiI";

export function openStruct(lua: Lua, state: State): void {
  pushLibrary(lua, state, {
    pack: (caller) => pack(lua, caller),
    unpack: (caller) => unpack(lua, caller),
    size: (caller) => size(lua, caller),
  });
}

function pack(lua: Lua, state: State): number {
  const format = new StructFormat(lua, state);
  const chunks: Buffer[] = [];
  let total = 0;
  let argument = 2;
  // So that an argument that is missing is nil, as in Redis.
  lua.api.lua_pushnil(state);
  const add = (chunk: Buffer) => {
    chunks.push(chunk);
    total += chunk.length;
  };
  for (let item = format.next(total); item !== undefined; item = format.next(total)) {
    add(Buffer.alloc(item.padding));
    if (INTEGERS.includes(item.option)) add(integerBytes(lua.api.luaL_checknumber(state, argument++), item));
    else if (item.option === "x") add(Buffer.alloc(1));
    else if (item.option === "f" || item.option === "d")
      add(floatBytes(lua.api.luaL_checknumber(state, argument++), item));
    else if (item.option === "c" || item.option === "s") {
      const bytes = lua.checkBytes(state, argument++);
      const length = item.size === 0 ? bytes.length : item.size;
      if (bytes.length < length) lua.argumentError(state, argument, "string too short");
      add(bytes.subarray(0, length));
      if (item.option === "s") add(Buffer.alloc(1));
    }
  }
  lua.pushBytes(state, Buffer.concat(chunks));
  return 1;
}

function unpack(lua: Lua, state: State): number {
  const { api } = lua;
  const format = new StructFormat(lua, state);
  const data = lua.checkBytes(state, 2);
  const given = api.lua_type(state, 3) <= TYPE.nil ? 1 : Math.trunc(api.luaL_checknumber(state, 3));
  if (given <= 0) lua.argumentError(state, 3, "offset must be 1 or greater");
  let position = given - 1;
  let count = 0;
  for (let item = format.next(position); item !== undefined; item = format.next(position)) {
    position += item.padding;
    checkLength(lua, state, { data, position, size: item.size });
    if (api.lua_checkstack(state, 2) === 0) lua.error(state, "stack overflow (too many results)");
    const isCounted = item.option === "c" && item.size === 0;
    const size = isCounted ? takeSize(lua, state, { data, position, count }) : item.size;
    if (item.option === "x") position += size;
    else {
      position += pushItem(lua, state, { data, position, size, item });
      count += isCounted ? 0 : 1;
    }
  }
  api.lua_pushnumber(state, position + 1);
  return count + 1;
}

interface Place {
  readonly data: Buffer;
  readonly position: number;
  readonly size: number;
}

function checkLength(lua: Lua, state: State, { data, position, size }: Place): void {
  if (size > data.length || position > data.length - size)
    lua.argumentError(state, 2, "data string too short");
}

/** The length of a string is the number that was read before it, which is no result then. */
function takeSize(
  lua: Lua,
  state: State,
  { data, position, count }: { readonly data: Buffer; readonly position: number; readonly count: number },
): number {
  if (count === 0 || lua.api.lua_type(state, -1) !== TYPE.number)
    lua.error(state, "format 'c0' needs a previous size");
  const size = Math.trunc(lua.api.lua_tonumber(state, -1));
  lua.pop(state);
  checkLength(lua, state, { data, position, size: size < 0 ? data.length + 1 : size });
  return size;
}

/** Pushes what stands at a position; returns how many bytes it takes. */
function pushItem(
  lua: Lua,
  state: State,
  { data, position, size, item }: Place & { readonly item: StructItem },
): number {
  if (item.option === "s") {
    const end = data.indexOf(0, position);
    if (end < 0 || position >= data.length) lua.error(state, "unfinished string in data");
    lua.pushBytes(state, data.subarray(position, end));
    return end - position + 1;
  }
  const bytes = data.subarray(position, position + size);
  if (item.option === "c") lua.pushBytes(state, bytes);
  else if (item.option === "f" || item.option === "d") lua.api.lua_pushnumber(state, readFloat(bytes, item));
  else lua.api.lua_pushnumber(state, readInteger(bytes, item));
  return size;
}

function size(lua: Lua, state: State): number {
  const format = new StructFormat(lua, state, { isMeasured: true });
  let total = 0;
  for (let item = format.next(total); item !== undefined; item = format.next(total)) {
    if (item.option === "s") lua.argumentError(state, 1, "option 's' has no fixed size");
    if (item.option === "c" && item.size === 0) lua.argumentError(state, 1, "option 'c0' has no fixed size");
    total += item.padding + item.size;
  }
  lua.api.lua_pushnumber(state, total);
  return 1;
}

function integerBytes(value: number, { size, isBig }: StructItem): Buffer {
  const bytes = Buffer.alloc(size);
  const whole = Number.isFinite(value) ? BigInt.asUintN(64, BigInt(Math.trunc(value))) : 1n << 63n;
  for (let index = 0, rest = whole; index < size; index += 1, rest >>= 8n)
    bytes[isBig ? size - 1 - index : index] = Number(rest & 0xffn);
  return bytes;
}

function readInteger(bytes: Buffer, { option, isBig }: StructItem): number {
  const digits = isBig ? bytes : Buffer.from(bytes).reverse();
  let value = 0n;
  for (const byte of digits) value = BigInt.asUintN(64, (value << 8n) | BigInt(byte));
  if (!SIGNED.includes(option)) return Number(value);
  return Number(BigInt.asIntN(Math.min(64, bytes.length * 8), value));
}

function floatBytes(value: number, { option, isBig }: StructItem): Buffer {
  const bytes = Buffer.alloc(option === "f" ? 4 : 8);
  if (option === "f") bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return isBig ? bytes.reverse() : bytes;
}

function readFloat(bytes: Buffer, { option, isBig }: StructItem): number {
  if (option === "f") return isBig ? bytes.readFloatBE() : bytes.readFloatLE();
  return isBig ? bytes.readDoubleBE() : bytes.readDoubleLE();
}
