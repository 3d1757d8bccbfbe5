/**
 * What the code of a library sees while it is loaded: globals with `redis` alone, and in it `redis.register_function`. The
 * functions it registers are collected.
 */

import { pushLibrary } from "./library.ts";
import { isLibraryName, LIBRARY_NAME_RULE } from "./library-head.ts";
import { type HostFunction, type Lua, REGISTRY, type State, TYPE } from "./lua.ts";
import type { Protection } from "./protection.ts";
import { addRedisConstants, logFunction } from "./redis-library.ts";
import { pushField } from "./reply-to-lua.ts";
import { SCRIPT_FLAGS, type ScriptFlag, scriptFlag } from "./shebang.ts";

/** A function that a library registers, and the reference under which the machine keeps it. */
export interface RegisteredFunction {
  readonly name: string;
  /** Bytes, a character each. */
  readonly description: string | undefined;
  readonly flags: ReadonlySet<ScriptFlag>;
  readonly reference: number;
}

type Given = { -readonly [Field in keyof RegisteredFunction]?: RegisteredFunction[Field] };

/** What the library `redis` does not have for functions. */
const ONLY_FOR_SCRIPTS = "replicate_commands";
const CONSTANTS_FOR_LOADING = /^(LOG_|REDIS_VERSION)/;

export class Registration {
  readonly #lua: Lua;
  readonly #protection: Protection;
  #collected: Map<string, RegisteredFunction> | undefined;
  #globals = 0;

  constructor(lua: Lua, protection: Protection) {
    this.#lua = lua;
    this.#protection = protection;
  }

  /** The reference of the globals. */
  get globals(): number {
    return this.#globals;
  }

  /** Makes the globals. */
  open(redisVersion: string): void {
    const lua = this.#lua;
    const { api, main } = lua;
    this.#protection.removeOf(main, "redis", ONLY_FOR_SCRIPTS);
    api.lua_createtable(main, 0, 1);
    pushLibrary(lua, main, {
      register_function: this.#register,
      log: logFunction(lua, () => undefined),
    });
    addRedisConstants(lua, main, redisVersion, (name) => CONSTANTS_FOR_LOADING.test(name));
    this.#protection.refuseMissing(main);
    this.#protection.protect(main);
    lua.setField(main, -2, "redis");
    this.#protection.refuseMissing(main);
    this.#globals = api.luaL_ref(main, REGISTRY);
  }

  /** What is registered while `load` runs. */
  collect(load: () => void): readonly RegisteredFunction[] {
    const collected = new Map<string, RegisteredFunction>();
    this.#collected = collected;
    try {
      load();
    } finally {
      this.#collected = undefined;
    }
    return [...collected.values()];
  }

  readonly #register: HostFunction = (state) => {
    const { api } = this.#lua;
    if (this.#collected === undefined)
      return this.#fail(state, "redis.register_function can only be called on FUNCTION LOAD command");
    const count = api.lua_gettop(state);
    if (count < 1 || count > 2)
      return this.#fail(state, "wrong number of arguments to redis.register_function");
    const given = count === 1 ? this.#named(state) : this.#positional(state);
    const { name, description, flags = new Set(), reference = 0 } = given;
    const problem = this.#problemOf(name);
    if (name === undefined || problem !== undefined) {
      api.luaL_unref(state, REGISTRY, reference);
      return this.#fail(state, problem ?? "redis.register_function must get a function name argument");
    }
    this.#collected.set(name, { name, description, flags, reference });
    return 0;
  };

  #problemOf(name = ""): string | undefined {
    if (!isLibraryName(name)) return LIBRARY_NAME_RULE;
    return this.#collected?.has(name) ? "Function already exists in the library" : undefined;
  }

  /** register_function(name, callback) */
  #positional(state: State): Given {
    const { api } = this.#lua;
    const name = this.#textAt(state, 1);
    if (name === undefined)
      return this.#fail(state, "first argument to redis.register_function must be a string");
    if (api.lua_type(state, 2) !== TYPE.function)
      return this.#fail(state, "second argument to redis.register_function must be a function");
    return { name, reference: api.luaL_ref(state, REGISTRY) };
  }

  /** register_function{function_name = …, callback = …, description = …, flags = …} */
  #named(state: State): Given {
    const { api } = this.#lua;
    if (api.lua_type(state, 1) !== TYPE.table) {
      const only = "is only applicable to Lua table (representing named arguments).";
      return this.#fail(state, `calling redis.register_function with a single argument ${only}`);
    }
    const given: Given = {};
    api.lua_pushnil(state);
    while (api.lua_next(state, 1) !== 0) {
      // A copy of the key: reading a number as a text would make it one, and end the walk.
      api.lua_pushvalue(state, -2);
      const key = this.#textAt(state, -1);
      this.#lua.pop(state);
      if (key === undefined)
        return this.#fail(state, "named argument key given to redis.register_function is not a string");
      this.#take(state, key.toLowerCase(), given);
      this.#lua.pop(state);
    }
    if (given.name === undefined)
      return this.#fail(state, "redis.register_function must get a function name argument");
    if (given.reference === undefined)
      return this.#fail(state, "redis.register_function must get a callback argument");
    return given;
  }

  /** Takes a named argument, whose value is on the top. */
  #take(state: State, key: string, given: Given): void {
    const { api } = this.#lua;
    const mustBe = (what: string) => `${key} argument given to redis.register_function must be a ${what}`;
    switch (key) {
      case "function_name":
        given.name = this.#textAt(state, -1) ?? this.#fail(state, mustBe("string"));
        return;
      case "description":
        given.description = this.#textAt(state, -1) ?? this.#fail(state, mustBe("string"));
        return;
      case "callback":
        if (api.lua_type(state, -1) !== TYPE.function) this.#fail(state, mustBe("function"));
        api.lua_pushvalue(state, -1);
        given.reference = api.luaL_ref(state, REGISTRY);
        return;
      case "flags":
        given.flags = this.#flagsAtTop(state);
        return;
      default:
        this.#fail(state, "unknown argument given to redis.register_function");
    }
  }

  /** In the order in which they are listed. */
  #flagsAtTop(state: State): ReadonlySet<ScriptFlag> {
    const { api } = this.#lua;
    if (api.lua_type(state, -1) !== TYPE.table) {
      const table = "must be a table representing function flags";
      return this.#fail(state, `flags argument to redis.register_function ${table}`);
    }
    const flags = new Set<ScriptFlag>();
    for (let position = 1; ; position += 1) {
      api.lua_rawgeti(state, -1, position);
      const isEnd = api.lua_type(state, -1) === TYPE.nil;
      const flag = scriptFlag(this.#textAt(state, -1) ?? "");
      this.#lua.pop(state);
      if (isEnd) break;
      flags.add(flag ?? this.#fail(state, "unknown flag given"));
    }
    return new Set(SCRIPT_FLAGS.filter((flag) => flags.has(flag)));
  }

  /** A string or number, bytes as characters. */
  #textAt(state: State, index: number): string | undefined {
    const type = this.#lua.api.lua_type(state, index);
    if (type !== TYPE.string && type !== TYPE.number) return undefined;
    return this.#lua.bytesAt(state, index)?.toString("latin1");
  }

  #fail(state: State, message: string): never {
    pushField(this.#lua, state, "err", Buffer.from(`ERR ${message}`));
    return this.#lua.raise(state);
  }
}
