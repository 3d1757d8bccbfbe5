/** cmsgpack.unpack: pushes the Lua values that MessagePack stands for. */
import type { Lua, State } from "./lua.ts";

/** Whether a value could be read: it may end before its end, or be none. */
export type Ending = "whole" | "short" | "invalid";

export class MessageReader {
  readonly #lua: Lua;
  readonly #state: State;
  readonly #bytes: Buffer;
  offset: number;

  constructor(lua: Lua, state: State, bytes: Buffer, offset: number) {
    this.#lua = lua;
    this.#state = state;
    this.#bytes = bytes;
    this.offset = offset;
  }

  get isBeforeEnd(): boolean {
    return this.offset < this.#bytes.length;
  }

  /** Pushes the next value; one that is not whole leaves the stack as it may. */
  push(): Ending {
    const { api } = this.#lua;
    if (!this.isBeforeEnd) return "short";
    if (api.lua_checkstack(this.#state, 3) === 0) {
      const hint = "too many return values at once; use unpack_one or unpack_limit instead.";
      this.#lua.error(this.#state, `stack overflow (${hint})`);
    }
    const type = this.#bytes[this.offset] ?? 0;
    if (type <= 0x7f || type >= 0xe0)
      return this.#constant(() => api.lua_pushnumber(this.#state, (type << 24) >> 24));
    if (type >= 0xa0 && type <= 0xbf) return this.#string(1, type & 0x1f);
    if (type >= 0x90 && type <= 0x9f) return this.#array(1, type & 0x0f);
    if (type <= 0x8f) return this.#map(1, type & 0x0f);
    return this.#long(type);
  }

  #long(type: number): Ending {
    const { api } = this.#lua;
    switch (type) {
      case 0xc0:
        return this.#constant(() => api.lua_pushnil(this.#state));
      case 0xc2:
      case 0xc3:
        return this.#constant(() => api.lua_pushboolean(this.#state, type & 1));
      case 0xca:
        return this.#number(4, (at) => this.#bytes.readFloatBE(at));
      case 0xcb:
        return this.#number(8, (at) => this.#bytes.readDoubleBE(at));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#number(1 << (type - 0xcc), (at) => this.#unsigned(at, 1 << (type - 0xcc)));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#number(1 << (type - 0xd0), (at) => this.#signed(at, 1 << (type - 0xd0)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#counted(1 << (type - 0xd9), (header, count) => this.#string(header, count));
      case 0xdc:
      case 0xdd:
        return this.#counted(2 << (type - 0xdc), (header, count) => this.#array(header, count));
      case 0xde:
      case 0xdf:
        return this.#counted(2 << (type - 0xde), (header, count) => this.#map(header, count));
      default:
        return "invalid";
    }
  }

  #has(byteCount: number): boolean {
    return this.offset + byteCount <= this.#bytes.length;
  }

  #constant(push: () => void): Ending {
    this.offset += 1;
    push();
    return "whole";
  }

  #number(byteCount: number, read: (at: number) => number): Ending {
    if (!this.#has(1 + byteCount)) return "short";
    this.#lua.api.lua_pushnumber(this.#state, read(this.offset + 1));
    this.offset += 1 + byteCount;
    return "whole";
  }

  #counted(byteCount: number, read: (header: number, count: number) => Ending): Ending {
    if (!this.#has(1 + byteCount)) return "short";
    return read(1 + byteCount, this.#unsigned(this.offset + 1, byteCount));
  }

  #unsigned(at: number, byteCount: number): number {
    // Redis hands eight bytes to Lua 5.1 as a signed integer, so from 2^63 on they are a negative number.
    return byteCount === 8 ? this.#signed(at, byteCount) : this.#bytes.readUIntBE(at, byteCount);
  }

  #signed(at: number, byteCount: number): number {
    return byteCount === 8 ? Number(this.#bytes.readBigInt64BE(at)) : this.#bytes.readIntBE(at, byteCount);
  }

  #string(header: number, length: number): Ending {
    if (!this.#has(header + length)) return "short";
    const start = this.offset + header;
    this.#lua.pushBytes(this.#state, this.#bytes.subarray(start, start + length));
    this.offset = start + length;
    return "whole";
  }

  #array(header: number, count: number): Ending {
    this.offset += header;
    this.#lua.api.lua_createtable(this.#state, 0, 0);
    for (let position = 1; position <= count; position += 1) {
      this.#lua.api.lua_pushnumber(this.#state, position);
      const ending = this.push();
      if (ending !== "whole") return ending;
      this.#lua.api.lua_settable(this.#state, -3);
    }
    return "whole";
  }

  #map(header: number, count: number): Ending {
    this.offset += header;
    this.#lua.api.lua_createtable(this.#state, 0, 0);
    for (let index = 0; index < count; index += 1) {
      for (let part = 0; part < 2; part += 1) {
        const ending = this.push();
        if (ending !== "whole") return ending;
      }
      this.#lua.api.lua_settable(this.#state, -3);
    }
    return "whole";
  }
}
