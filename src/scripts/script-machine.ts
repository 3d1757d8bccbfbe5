/**
 * A Lua machine with the sandbox of Redis' scripts around it: their globals and libraries, bounds of time and memory, and
 * what a script that ran has come to. What scripts are compiled is kept with the machine. A machine for libraries of functions
 * also runs their code to see what they register.
 */
import { bytesOf, textOf } from "../protocol/raw-text.ts";
import type { Reply } from "../protocol/reply.ts";
import { type HostFunction, Lua, REGISTRY, type State, TYPE, upToZero } from "./lua.ts";
import { Protection } from "./protection.ts";
import type { Random48 } from "./random48.ts";
import type { ScriptHost, ScriptRun } from "./redis-library.ts";
import { type RegisteredFunction, Registration } from "./registration.ts";
import { takeReply } from "./reply-of-lua.ts";
import { openSandbox } from "./sandbox.ts";
import { endOf, endOfRegistering, TimeUp } from "./script-end.ts";

/** A call of a function of the machine. */
export interface Invocation {
  /** The reference under which the function is kept. */
  readonly reference: number;
  /** How errors name the script. */
  readonly name: string;
  /** Keys and arguments are the globals KEYS and ARGV, or the arguments of the function. */
  readonly passing: "globals" | "arguments";
  readonly keys: readonly Buffer[];
  readonly args: readonly Buffer[];
  readonly host: ScriptHost;
  /** It may have written to a table behind its protection, as `mayReachTables` says of its code. */
  readonly mayReachTables: boolean;
}

/** How long a script may run. */
export interface TimeLimit {
  /** Milliseconds; 0: for ever. */
  readonly maxMs: number;
  now(): number;
}

/** What a run has come to. */
export type Outcome =
  | { readonly kind: "reply"; readonly reply: Reply }
  /** It raised an error; the message begins with its code. */
  | { readonly kind: "failure"; readonly message: string };

/** What a library has registered, or what is wrong with it. */
export type Registered =
  | { readonly kind: "functions"; readonly functions: readonly RegisteredFunction[] }
  | { readonly kind: "failure"; readonly message: string };

export interface MachineOptions {
  readonly memoryMax: number;
  readonly redisVersion: string;
  /** What errors call the code: "user_script", or "user_function" in a machine for libraries of functions. */
  readonly codeName: "user_script" | "user_function";
  readonly random: Random48;
}

/** The time is looked at after so many instructions, and once it is up after each. */
const INSTRUCTIONS_PER_LOOK = 100_000;
const RESTART_COLLECTOR = 1;
const MULTIPLE_RESULTS = -1;

export class ScriptMachine {
  readonly lua: Lua;
  readonly protection: Protection;
  readonly #chunkName: Buffer;
  readonly #registration: Registration;
  readonly #setHook: (state: State, instructions: number) => void;
  #run: ScriptRun | undefined;
  #limit: TimeLimit | undefined;
  #startedMs = 0;
  /** Code has run that may have written to protected tables. */
  #isDoubtful = false;
  /** An exception has ended a run in the middle. */
  #isBroken = false;
  #pending: (() => void) | undefined;

  constructor({ codeName, redisVersion, memoryMax, random }: MachineOptions) {
    this.lua = new Lua({ memoryMax });
    this.protection = new Protection(this.lua);
    this.#chunkName = Buffer.from(`@${codeName}`);
    this.#registration = new Registration(this.lua, this.protection);
    this.#setHook = this.lua.hookOf(() => this.#look());
    const outcome = this.#inside(() => {
      openSandbox({
        lua: this.lua,
        protection: this.protection,
        redisVersion,
        random,
        handleError: this.#handleError,
        current: () => this.#run,
      });
      if (codeName === "user_function") this.#registration.open(redisVersion);
    });
    if (outcome !== undefined) throw new Error(`Lua cannot be set up: ${outcome}`);
  }

  /** True when the machine must not run another script: it has met its bound of memory, or a script has spoilt it. */
  get isSpent(): boolean {
    if (this.#isBroken || this.lua.hasRunOut) return true;
    if (this.#isDoubtful && !this.protection.isIntact(this.lua.main)) return true;
    this.#isDoubtful = false;
    return false;
  }

  get memoryBytes(): number {
    return this.lua.api.memory.buffer.byteLength;
  }

  /** Compiles a script; returns the reference under which it is kept, or what is wrong. */
  compile(code: Buffer): number | string {
    const { api, main } = this.lua;
    let compiled: number | string = "";
    const failure = this.#inside(() => {
      const isCompiled = this.lua.load(main, code, this.#chunkName);
      compiled = isCompiled ? api.luaL_ref(main, REGISTRY) : this.#textAtTop(main);
    });
    return failure ?? compiled;
  }

  /** Runs the code of a library, in which only functions can be registered. */
  register(code: Buffer, limit: TimeLimit): Registered {
    const compiled = this.compile(code);
    if (typeof compiled === "string")
      return { kind: "failure", message: `Error compiling function: ${compiled}` };
    let message: string | undefined;
    this.#isDoubtful = true;
    const functions = this.#registration.collect(() => {
      const failure = this.#timed(limit, undefined, () => {
        message = this.#registerInside(compiled);
      });
      message ??= failure;
    });
    if (!this.#isBroken) this.release(compiled);
    if (message === undefined) return { kind: "functions", functions };
    if (!this.#isBroken) for (const { reference } of functions) this.release(reference);
    return { kind: "failure", message: `Error registering functions: ${message}` };
  }

  release(reference: number): void {
    this.lua.api.luaL_unref(this.lua.main, REGISTRY, reference);
  }

  /** Runs a function to its end. */
  call(invocation: Invocation, limit: TimeLimit): Outcome {
    const run: ScriptRun = {
      host: invocation.host,
      protocol: 2,
      checkTime: () => this.#look(),
    };
    let outcome: Outcome | undefined;
    this.#isDoubtful ||= invocation.mayReachTables;
    const failure = this.#timed(limit, run, () => {
      outcome = this.#callInside(invocation, run);
    });
    if (failure !== undefined) return { kind: "failure", message: `ERR ${failure}` };
    return outcome ?? { kind: "failure", message: "ERR the script has ended without a result" };
  }

  /** `run` is undefined where no command can be called. */
  #timed(limit: TimeLimit, run: ScriptRun | undefined, work: () => void): string | undefined {
    const { api, main } = this.lua;
    this.#run = run;
    this.#limit = limit.maxMs > 0 ? limit : undefined;
    this.#startedMs = limit.now();
    this.#setHook(main, this.#limit === undefined ? 0 : INSTRUCTIONS_PER_LOOK);
    try {
      const failure = this.#inside(work);
      this.#setHook(main, 0);
      // A script may have stopped it.
      api.lua_gc(main, RESTART_COLLECTOR, 0);
      return failure;
    } catch (error) {
      this.#isBroken = true;
      return run === undefined ? endOfRegistering(error) : endOf(error, limit);
    } finally {
      this.#run = undefined;
      this.#limit = undefined;
    }
  }

  /** Runs `work` where Lua may raise errors; returns the message of one that did not concern a script. */
  #inside(work: () => void): string | undefined {
    const { api, main } = this.lua;
    api.lua_settop(main, 0);
    this.#pending = work;
    this.lua.pushFunction(main, this.#work);
    const status = api.lua_pcall(main, 0, MULTIPLE_RESULTS, 0);
    const message = status === 0 ? undefined : this.#textAtTop(main);
    api.lua_settop(main, 0);
    return message;
  }

  readonly #work: HostFunction = () => {
    this.#pending?.();
    return 0;
  };

  /** Runs the code of a library; returns what is wrong. */
  #registerInside(reference: number): string | undefined {
    const { api, main } = this.lua;
    api.lua_settop(main, 0);
    this.protection.showGlobals(main, this.#registration.globals);
    this.lua.pushFunction(main, this.#handleError);
    api.lua_rawgeti(main, REGISTRY, reference);
    const status = api.lua_pcall(main, 0, 0, 1);
    this.protection.showGlobals(main, undefined);
    if (status === 0) return undefined;
    return api.lua_type(main, -1) === TYPE.table ? this.#errorAtTop(main).text : this.#textAtTop(main);
  }

  #callInside({ reference, name, keys, args, passing }: Invocation, run: ScriptRun): Outcome {
    const { api, main } = this.lua;
    api.lua_settop(main, 0);
    this.lua.pushFunction(main, this.#handleError);
    api.lua_rawgeti(main, REGISTRY, reference);
    this.#pushArray(main, keys);
    this.#pushArray(main, args);
    if (passing === "globals") this.#setGlobals(main);
    const status = api.lua_pcall(main, passing === "globals" ? 0 : 2, 1, 1);
    if (status === 0) return { kind: "reply", reply: takeReply(this.lua, main, run.protocol) };
    if (api.lua_type(main, -1) !== TYPE.table) {
      const text = textOf(this.lua.bytesAt(main, -1) ?? Buffer.from("execution failure"));
      return { kind: "failure", message: `ERR Error running script ${name}, ${text.slice(0, 100)}` };
    }
    const { text, place } = this.#errorAtTop(main);
    return { kind: "failure", message: place === "" ? text : `${text} script: ${name}, on ${place}.` };
  }

  /** Keys and arguments, which are on the top, become globals. */
  #setGlobals(state: State): void {
    const { api } = this.lua;
    this.protection.pushGlobals(state);
    api.lua_insert(state, -3);
    this.lua.setField(state, -3, "ARGV");
    this.lua.setField(state, -2, "KEYS");
    this.lua.pop(state);
  }

  #pushArray(state: State, items: readonly Buffer[]): void {
    this.lua.api.lua_createtable(state, items.length, 0);
    items.forEach((item, index) => {
      this.lua.pushBytes(state, item);
      this.lua.api.lua_rawseti(state, -2, index + 1);
    });
  }

  /** What the error on the top, a table, says, and where it was raised as `source:line`. */
  #errorAtTop(state: State): { readonly text: string; readonly place: string } {
    const text = this.#field(state, "err") ?? "ERR unknown error";
    const source = this.#field(state, "source");
    const line = this.#field(state, "line");
    return { text, place: source === undefined || line === undefined ? "" : `${source}:${line}` };
  }

  #textAtTop(state: State): string {
    return textOf(this.lua.bytesAt(state, -1) ?? Buffer.alloc(0));
  }

  #field(state: State, field: string): string | undefined {
    this.lua.getField(state, -1, field);
    const bytes = this.lua.bytesAt(state, -1);
    this.lua.pop(state);
    return bytes === undefined ? undefined : textOf(upToZero(bytes));
  }

  /** Makes a table of an error, with the place where it was raised. */
  readonly #handleError: HostFunction = (state) => {
    const { api } = this.lua;
    const inner = this.lua.frame(state, 1);
    const frame = inner?.what === "C" ? this.lua.frame(state, 2) : inner;
    this.#makeTable(state);
    if (frame !== undefined) {
      this.lua.pushBytes(state, Buffer.from(frame.source, "latin1"));
      this.lua.setField(state, -2, "source");
      api.lua_pushnumber(state, frame.line);
      this.lua.setField(state, -2, "line");
    }
    return 1;
  };

  #makeTable(state: State): void {
    const { api } = this.lua;
    api.lua_settop(state, 1);
    if (api.lua_type(state, 1) === TYPE.table) return;
    const message = this.#messageOf(state);
    api.lua_createtable(state, 0, 3);
    this.lua.pushBytes(state, bytesOf(`ERR ${message}`));
    this.lua.setField(state, -2, "err");
  }

  /** The argument, as tostring of the script has it. */
  #messageOf(state: State): string {
    const { api } = this.lua;
    this.protection.pushGlobals(state);
    this.lua.getField(state, -1, "tostring");
    api.lua_pushvalue(state, 1);
    api.lua_call(state, 1, 1);
    const text = this.#textAtTop(state);
    this.lua.pop(state, 2);
    return text;
  }

  /** Ends the run when its time is up: by an exception, since a script could catch an error of Lua, and go on. */
  #look(): undefined {
    const limit = this.#limit;
    if (limit !== undefined && limit.now() - this.#startedMs >= limit.maxMs) throw new TimeUp();
  }
}
