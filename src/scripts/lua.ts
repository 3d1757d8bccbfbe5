/**
 * Lua 5.1 in WebAssembly (of the npm package wasmoon-lua5.1, whose JavaScript is left aside): the C interface of Lua, and
 * functions of ours that scripts call. Everything is synchronous. Memory is bounded: beyond the bound Lua itself raises
 * "not enough memory".
 *
 * An error of Lua unwinds as Lua wants it, through our functions too, by a JavaScript exception (`UNWINDING`): a function
 * of ours must let it pass. Any other exception leaves the machine in no defined state: it is to be dropped.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { LuaApi, Pointer, State } from "./lua-api.ts";

export type { State } from "./lua-api.ts";

/** A function that scripts call: arguments are on the stack from 1 on; returns how many results it has pushed. */
export type HostFunction = (state: State) => number;

export const GLOBALS = -10002;
export const REGISTRY = -10000;
export const TYPE = {
  nil: 0,
  boolean: 1,
  lightUserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
} as const;

/** What Lua throws, by way of JavaScript, instead of a longjmp. */
const UNWINDING = Number.POSITIVE_INFINITY;
const SCRATCH_BYTES = 1 << 16;
const PAGE_BYTES = 1 << 16;
/** The size of lua_Debug, and where in it is what we read. */
const DEBUG_BYTES = 100;
const DEBUG_WHAT = 12;
const DEBUG_SOURCE = 16;
const DEBUG_LINE = 20;
const HOOK_BY_COUNT = 8;

/** What is running at a level of the stack of calls. */
export interface Frame {
  /** "Lua", "C", "main", "tail". */
  readonly what: string;
  readonly source: string;
  readonly line: number;
}

let compiled: WebAssembly.Module | undefined;

/** Compiled once, when the first script comes. */
function luaModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const path = createRequire(import.meta.url).resolve("wasmoon-lua5.1/dist/liblua5.1.wasm");
    compiled = new WebAssembly.Module(readFileSync(path));
  }
  return compiled;
}

/** A module that gives a JavaScript function the type of a C function with one argument, and with two and no result. */
const ONE_ARGUMENT = trampoline([0x60, 1, 0x7f, 1, 0x7f]);
const TWO_ARGUMENTS = trampoline([0x60, 2, 0x7f, 0x7f, 0]);

function trampoline(type: readonly number[]): WebAssembly.Module {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const types = [1, type.length + 1, 1, ...type];
  const imported = [2, 7, 1, 1, 0x65, 1, 0x66, 0, 0];
  const exported = [7, 5, 1, 1, 0x66, 0, 0];
  return new WebAssembly.Module(Uint8Array.from([...header, ...types, ...imported, ...exported]));
}

/** What C reads of bytes: those in front of a zero. */
export function upToZero(bytes: Buffer): Buffer {
  const zero = bytes.indexOf(0);
  return zero < 0 ? bytes : bytes.subarray(0, zero);
}

/** Of what scripts and commands hand each other most is short: a call into the runtime costs more than a loop. */
function copyBytes(from: Uint8Array, start: number, to: Uint8Array, at: number, count: number): void {
  if (count > LOOP_BYTES_MAX) to.set(from.subarray(start, start + count), at);
  else for (let index = 0; index < count; index += 1) to[at + index] = from[start + index] ?? 0;
}

const LOOP_BYTES_MAX = 48;

export class Lua {
  readonly api: LuaApi;
  readonly main: State;
  /** The bound of memory was met. */
  hasRunOut = false;
  #heap: Buffer;
  readonly #scratch: Pointer;
  readonly #debug: Pointer;
  readonly #names = new Map<string, Pointer>();
  readonly #functions = new Map<HostFunction, Pointer>();
  readonly #opened = new Map<string, Pointer>();
  /** What the table of functions has at an index, once it was called: an entry never changes. */
  readonly #called: ((a: number, b: number) => unknown)[] = [];

  constructor({ memoryMax }: { readonly memoryMax: number }) {
    const instance = new WebAssembly.Instance(luaModule(), this.#imports(memoryMax));
    // The exports of the module are known; their types are not in it.
    this.api = instance.exports as unknown as LuaApi;
    this.#heap = Buffer.from(this.api.memory.buffer);
    this.api.emscripten_stack_init();
    this.api.__wasm_call_ctors();
    this.#scratch = this.api.malloc(SCRATCH_BYTES);
    this.#debug = this.api.malloc(DEBUG_BYTES);
    this.main = this.api.luaL_newstate();
  }

  /** The memory of Lua; a view that is valid until Lua runs next. */
  get heap(): Buffer {
    // Memory that has grown takes the bytes of the old view away.
    if (this.#heap.length === 0) this.#heap = Buffer.from(this.api.memory.buffer);
    return this.#heap;
  }

  /** The bytes of a constant of ours with a zero behind, kept for good. */
  name(text: string): Pointer {
    let pointer = this.#names.get(text);
    if (pointer === undefined) {
      const bytes = Buffer.from(`${text}\0`, "latin1");
      pointer = this.api.malloc(bytes.length);
      this.heap.set(bytes, pointer);
      this.#names.set(text, pointer);
    }
    return pointer;
  }

  pushBytes(state: State, bytes: Uint8Array): void {
    if (bytes.length <= SCRATCH_BYTES) {
      copyBytes(bytes, 0, this.heap, this.#scratch, bytes.length);
      this.api.lua_pushlstring(state, this.#scratch, bytes.length);
      return;
    }
    this.#withCopy(state, bytes, (pointer) => this.api.lua_pushlstring(state, pointer, bytes.length));
  }

  /** `text` is UTF-8. */
  pushText(state: State, text: string): void {
    this.pushBytes(state, Buffer.from(text));
  }

  /** A copy of the bytes of a string, or of a number as Lua prints it, which becomes a string by that; else undefined. */
  bytesAt(state: State, index: number): Buffer | undefined {
    const pointer = this.api.lua_tolstring(state, index, this.#debug);
    if (pointer === 0) return undefined;
    const { heap } = this;
    const length = heap.readUInt32LE(this.#debug);
    const copy = Buffer.allocUnsafe(length);
    copyBytes(heap, pointer, copy, 0, length);
    return copy;
  }

  /** As `bytesAt`, a view that is valid until Lua runs next. */
  viewAt(state: State, index: number): Buffer | undefined {
    const pointer = this.api.lua_tolstring(state, index, this.#debug);
    if (pointer === 0) return undefined;
    return this.heap.subarray(pointer, pointer + this.heap.readUInt32LE(this.#debug));
  }

  /** The bytes of a string argument. Raises Lua's own error when it is none. */
  checkBytes(state: State, argument: number): Buffer {
    const pointer = this.api.luaL_checklstring(state, argument, this.#debug);
    return Buffer.from(this.heap.subarray(pointer, pointer + this.heap.readUInt32LE(this.#debug)));
  }

  /** Compiles a text; false: it does not compile, and the message is pushed. Binary code is taken for text. */
  load(state: State, code: Buffer, chunkName: Buffer): boolean {
    // Lua takes what begins with this byte for code that was compiled, which nothing checks.
    const source = code[0] === 0x1b ? Buffer.concat([Buffer.from(" "), code]) : code;
    let status = 0;
    this.#withCopy(state, Buffer.concat([chunkName, Buffer.of(0)]), (name) =>
      this.#withCopy(state, source, (pointer) => {
        status = this.api.luaL_loadbuffer(state, pointer, source.length, name);
      }),
    );
    return status === 0;
  }

  pushFunction(state: State, host: HostFunction): void {
    let index = this.#functions.get(host);
    if (index === undefined) {
      index = this.#addFunction(ONE_ARGUMENT, host);
      this.#functions.set(host, index);
    }
    this.api.lua_pushcclosure(state, index, 0);
  }

  /** Opens a library of Lua's own, as globals. */
  open(library: "luaopen_base" | "luaopen_table" | "luaopen_string" | "luaopen_math"): void {
    let index = this.#opened.get(library);
    if (index === undefined) {
      index = this.#addToTable(this.api[library]);
      this.#opened.set(library, index);
    }
    this.api.lua_pushcclosure(this.main, index, 0);
    this.api.lua_call(this.main, 0, 0);
  }

  /** Has a function called after every so many instructions, 0: no longer; in all threads that begin from here on. */
  hookOf(hook: (state: State) => undefined): (state: State, instructions: number) => void {
    const index = this.#addFunction(TWO_ARGUMENTS, hook);
    return (state, instructions) => {
      if (instructions === 0) this.api.lua_sethook(state, 0, 0, 0);
      else this.api.lua_sethook(state, index, HOOK_BY_COUNT, instructions);
    };
  }

  /** Raises an error with the place in the script in front, as luaL_error does. */
  error(state: State, message: string): never {
    this.api.luaL_where(state, 1);
    this.pushText(state, message);
    this.api.lua_concat(state, 2);
    return this.raise(state);
  }

  argumentError(state: State, argument: number, message: string): never {
    this.api.luaL_argerror(state, argument, this.name(message));
    return this.raise(state);
  }

  /** Raises what is on the top of the stack. */
  raise(state: State): never {
    this.api.lua_error(state);
    throw new Error("lua_error does not return");
  }

  /** What runs at a level: 0 is the function that is running. */
  frame(state: State, level: number): Frame | undefined {
    if (this.api.lua_getstack(state, level, this.#debug) === 0) return undefined;
    this.api.lua_getinfo(state, this.name("Sl"), this.#debug);
    const { heap } = this;
    return {
      what: this.#textAt(heap.readUInt32LE(this.#debug + DEBUG_WHAT)),
      source: this.#textAt(heap.readUInt32LE(this.#debug + DEBUG_SOURCE)),
      line: heap.readInt32LE(this.#debug + DEBUG_LINE),
    };
  }

  /** The name of the type of a value. */
  typeName(state: State, index: number): string {
    return this.#textAt(this.api.lua_typename(state, this.api.lua_type(state, index)));
  }

  setField(state: State, table: number, field: string): void {
    this.api.lua_setfield(state, table, this.name(field));
  }

  getField(state: State, table: number, field: string): void {
    this.api.lua_getfield(state, table, this.name(field));
  }

  pop(state: State, count = 1): void {
    this.api.lua_settop(state, -count - 1);
  }

  #textAt(pointer: Pointer): string {
    return pointer === 0 ? "" : this.heap.toString("latin1", pointer, this.heap.indexOf(0, pointer));
  }

  #withCopy(state: State, bytes: Uint8Array, use: (pointer: Pointer) => void): void {
    const pointer = this.api.malloc(Math.max(1, bytes.length));
    if (pointer === 0) {
      this.api.lua_pushlstring(state, this.name("not enough memory"), "not enough memory".length);
      this.raise(state);
    }
    try {
      this.heap.set(bytes, pointer);
      use(pointer);
    } finally {
      this.api.free(pointer);
    }
  }

  #addFunction(type: WebAssembly.Module, f: (...args: number[]) => number | undefined): Pointer {
    const { exports } = new WebAssembly.Instance(type, { e: { f } });
    return this.#addToTable(exports["f"]);
  }

  #addToTable(f: unknown): Pointer {
    const table = this.api.__indirect_function_table;
    const index = table.grow(1);
    table.set(index, f);
    return index;
  }

  /** What Lua needs of its surroundings: memory, errors, and nothing else. */
  #imports(memoryMax: number): WebAssembly.Imports {
    const refused = () => -1;
    const env: Record<string, (...args: number[]) => number | undefined> = {
      invoke_vii: (index = 0, a = 0, b = 0) => this.#invoke(index, a, b),
      _emscripten_throw_longjmp: () => {
        throw UNWINDING;
      },
      emscripten_memcpy_js: (to = 0, from = 0, count = 0) => {
        this.heap.copyWithin(to, from, from + count);
        return undefined;
      },
      emscripten_resize_heap: (bytes = 0) => this.#grow(bytes >>> 0, memoryMax),
      exit: () => {
        throw new Error("Lua has met an error outside of any call");
      },
    };
    const wasi: Record<string, () => number> = {};
    for (const { module, name } of WebAssembly.Module.imports(luaModule())) {
      if (module === "env") env[name] ??= refused;
      else wasi[name] = refused;
    }
    return { env, wasi_snapshot_preview1: wasi };
  }

  /** A call that a longjmp may end. */
  #invoke(index: number, a: number, b: number): undefined {
    const { api } = this;
    const stack = api.stackSave();
    try {
      const called = this.#called[index] ?? this.#functionAt(index);
      called(a, b);
    } catch (error) {
      api.stackRestore(stack);
      if (error !== UNWINDING) throw error;
      api.setThrew(1, 0);
    }
  }

  #functionAt(index: number): (a: number, b: number) => unknown {
    const called = this.api.__indirect_function_table.get(index);
    this.#called[index] = called;
    return called;
  }

  #grow(bytes: number, memoryMax: number): number {
    const { memory } = this.api;
    if (bytes > memoryMax) {
      this.hasRunOut = true;
      return 0;
    }
    memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES));
    return 1;
  }
}
