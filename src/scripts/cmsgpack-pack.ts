/** cmsgpack.pack: the MessagePack of Lua values. */
import { type Lua, type State, TYPE } from "./lua.ts";

/** Tables nested deeper than this are written as nil. */
const DEPTH_MAX = 16;

export class MessageWriter {
  readonly #lua: Lua;
  readonly #state: State;
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  constructor(lua: Lua, state: State) {
    this.#lua = lua;
    this.#state = state;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Writes the value on the top of the stack. */
  write(depth: number): void {
    const { api } = this.#lua;
    if (api.lua_checkstack(this.#state, 4) === 0)
      this.#lua.error(this.#state, "stack overflow (in function mp_encode_lua_table)");
    switch (api.lua_type(this.#state, -1)) {
      case TYPE.string:
        this.#string(this.#lua.viewAt(this.#state, -1) ?? Buffer.alloc(0));
        return;
      case TYPE.boolean:
        this.#byte(api.lua_toboolean(this.#state, -1) === 0 ? 0xc2 : 0xc3);
        return;
      case TYPE.number:
        this.#number(api.lua_tonumber(this.#state, -1));
        return;
      case TYPE.table:
        if (depth === DEPTH_MAX) this.#byte(0xc0);
        else if (this.#isArray()) this.#array(depth);
        else this.#map(depth);
        return;
      default:
        this.#byte(0xc0);
    }
  }

  /** Whether the keys of the table on the top are 1 to n; one without keys is an array. */
  #isArray(): boolean {
    const { api } = this.#lua;
    let max = 0;
    let count = 0;
    api.lua_pushnil(this.#state);
    while (api.lua_next(this.#state, -2) !== 0) {
      this.#lua.pop(this.#state);
      const key = api.lua_type(this.#state, -1) === TYPE.number ? api.lua_tonumber(this.#state, -1) : 0;
      if (!(key > 0) || !Number.isInteger(key)) {
        this.#lua.pop(this.#state);
        return false;
      }
      max = Math.max(max, key);
      count += 1;
    }
    return max === count;
  }

  #array(depth: number): void {
    const { api } = this.#lua;
    const length = api.lua_objlen(this.#state, -1);
    this.#header(length, 0x90, 0xdc);
    for (let position = 1; position <= length; position += 1) {
      api.lua_pushnumber(this.#state, position);
      api.lua_gettable(this.#state, -2);
      this.write(depth + 1);
      this.#lua.pop(this.#state);
    }
  }

  #map(depth: number): void {
    const { api } = this.#lua;
    let count = 0;
    api.lua_pushnil(this.#state);
    while (api.lua_next(this.#state, -2) !== 0) {
      this.#lua.pop(this.#state);
      count += 1;
    }
    this.#header(count, 0x80, 0xde);
    api.lua_pushnil(this.#state);
    while (api.lua_next(this.#state, -2) !== 0) {
      api.lua_pushvalue(this.#state, -2);
      this.write(depth + 1);
      this.#lua.pop(this.#state);
      this.write(depth + 1);
      this.#lua.pop(this.#state);
    }
  }

  /** Of an array or map: up to 15 items in one byte, then in two or four bytes behind `long` and `long + 1`. */
  #header(count: number, short: number, long: number): void {
    if (count <= 15) this.#byte(short | count);
    else if (count <= 0xffff) this.#unsigned(long, count, 2);
    else this.#unsigned(long + 1, count, 4);
  }

  #string(bytes: Buffer): void {
    const { length } = bytes;
    if (length < 32) this.#byte(0xa0 | length);
    else if (length <= 0xff) this.#unsigned(0xd9, length, 1);
    else if (length <= 0xffff) this.#unsigned(0xda, length, 2);
    else this.#unsigned(0xdb, length, 4);
    this.#reserve(length);
    bytes.copy(this.#bytes, this.#length);
    this.#length += length;
  }

  #number(value: number): void {
    if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) this.#integer(value);
    else if (Math.fround(value) === value) {
      this.#byte(0xca);
      this.#reserve(4);
      this.#length = this.#bytes.writeFloatBE(value, this.#length);
    } else {
      this.#byte(0xcb);
      this.#reserve(8);
      this.#length = this.#bytes.writeDoubleBE(value, this.#length);
    }
  }

  #integer(value: number): void {
    if (value >= 0) {
      if (value <= 127) this.#byte(value);
      else if (value <= 0xff) this.#unsigned(0xcc, value, 1);
      else if (value <= 0xffff) this.#unsigned(0xcd, value, 2);
      else if (value <= 0xffffffff) this.#unsigned(0xce, value, 4);
      else this.#long(0xcf, value);
    } else if (value >= -32) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#unsigned(0xd0, value + 0x100, 1);
    else if (value >= -0x8000) this.#unsigned(0xd1, value + 0x10000, 2);
    else if (value >= -0x80000000) this.#unsigned(0xd2, value + 0x100000000, 4);
    else this.#long(0xd3, value);
  }

  #unsigned(type: number, value: number, byteCount: 1 | 2 | 4): void {
    this.#byte(type);
    this.#reserve(byteCount);
    this.#length = this.#bytes.writeUIntBE(value, this.#length, byteCount);
  }

  #long(type: number, value: number): void {
    this.#byte(type);
    this.#reserve(8);
    this.#length = this.#bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)), this.#length);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
