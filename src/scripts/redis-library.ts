/** The library `redis` of scripts. */
import { createHash } from "node:crypto";
import { bytesOf, textOf } from "../protocol/raw-text.ts";
import type { ProtocolVersion, Reply } from "../protocol/reply.ts";
import type { HostFunction, Lua, State } from "./lua.ts";
import { TYPE, upToZero } from "./lua.ts";
import { significantDigits } from "./number-text.ts";
import { pushField, pushReply } from "./reply-to-lua.ts";

/** What a running script may ask of the server. */
export interface ScriptHost {
  /** Runs a command. An error, also that the command may not run, is a reply of that kind. */
  call(args: readonly Buffer[], protocol: ProtocolVersion): Reply;
  /** Whether the user may run a command with these arguments; undefined: there is no such command. */
  mayCall(args: readonly Buffer[]): boolean | undefined;
  log(level: number, message: string): void;
}

/** A run of a script, from its beginning to its end. */
export interface ScriptRun {
  readonly host: ScriptHost;
  /** What redis.setresp has chosen. */
  protocol: ProtocolVersion;
  /** Ends the script when its time is up. */
  checkTime(): void;
}

const LOG_LEVELS = { LOG_DEBUG: 0, LOG_VERBOSE: 1, LOG_NOTICE: 2, LOG_WARNING: 3 };
const REPLICATION = { REPL_NONE: 0, REPL_AOF: 1, REPL_SLAVE: 2, REPL_REPLICA: 2, REPL_ALL: 3 };

/** Functions by name. `current` gives the run that is going on, if there is one. */
export function redisFunctions(
  lua: Lua,
  current: () => ScriptRun | undefined,
): Readonly<Record<string, HostFunction>> {
  return {
    call: (state) => command(lua, state, current(), true),
    pcall: (state) => command(lua, state, current(), false),
    error_reply: (state) => errorReply(lua, state),
    status_reply: (state) => statusReply(lua, state),
    sha1hex: (state) => sha1hex(lua, state),
    log: logFunction(lua, current),
    setresp: (state) => setresp(lua, state, current()),
    set_repl: (state) => setRepl(lua, state),
    acl_check_cmd: (state) => aclCheck(lua, state, current()),
    replicate_commands: (state) => {
      lua.api.lua_pushboolean(state, 1);
      return 1;
    },
  };
}

/** `redis.log`. */
export function logFunction(lua: Lua, current: () => ScriptRun | undefined): HostFunction {
  return (state) => log(lua, state, current());
}

/**
 * Adds the constants, or those with certain names, to the table on the top of the stack; `version` is the one of Redis that scripts
 * see.
 */
export function addRedisConstants(
  lua: Lua,
  state: State,
  version: string,
  isWanted = (_name: string) => true,
): void {
  for (const [name, value] of Object.entries({ ...LOG_LEVELS, ...REPLICATION })) {
    if (!isWanted(name)) continue;
    lua.api.lua_pushnumber(state, value);
    lua.setField(state, -2, name);
  }
  lua.pushText(state, version);
  lua.setField(state, -2, "REDIS_VERSION");
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  lua.api.lua_pushnumber(state, major * 0x10000 + minor * 0x100 + patch);
  lua.setField(state, -2, "REDIS_VERSION_NUM");
}

function command(lua: Lua, state: State, run: ScriptRun | undefined, raises: boolean): number {
  if (run === undefined)
    return failed(lua, state, "redis.call/pcall can only be called inside a script invocation", true);
  run.checkTime();
  const args = readArguments(lua, state);
  if (typeof args === "string") return failed(lua, state, args, raises);
  const reply = run.host.call(args, run.protocol);
  pushReply(lua, state, reply, run.protocol);
  if (raises && isError(reply)) return lua.raise(state);
  return 1;
}

function isError(reply: Reply): boolean {
  return typeof reply === "object" && reply !== null && "kind" in reply && reply.kind === "error";
}

/** The arguments of redis.call as those of a request; a text: what is wrong with them. */
function readArguments(lua: Lua, state: State): Buffer[] | string {
  const { api } = lua;
  const count = api.lua_gettop(state);
  if (count === 0) return "Please specify at least one argument for this redis lib call";
  const args: Buffer[] = [];
  for (let index = 1; index <= count; index += 1) {
    const type = api.lua_type(state, index);
    // Lua itself would print fewer digits.
    if (type === TYPE.number) args.push(Buffer.from(significantDigits(api.lua_tonumber(state, index), 17)));
    else if (type === TYPE.string) args.push(lua.bytesAt(state, index) ?? Buffer.alloc(0));
    else return "Lua redis lib command arguments must be strings or integers";
  }
  return args;
}

/** An error of the library itself: raised, or given back as a table. */
function failed(lua: Lua, state: State, message: string, raises: boolean): number {
  pushField(lua, state, "err", Buffer.from(`ERR ${message}`));
  return raises ? lua.raise(state) : 1;
}

/** A message is `CODE text`, with or without "-" in front; one of a single word gets the code ERR. */
function errorReply(lua: Lua, state: State): number {
  const { api } = lua;
  if (api.lua_gettop(state) !== 1 || api.lua_type(state, 1) !== TYPE.string)
    return failed(lua, state, "wrong number or type of arguments", false);
  const given = textOf(upToZero(lua.bytesAt(state, 1) ?? Buffer.alloc(0))).replace(/^-/, "");
  const space = given.indexOf(" ");
  const [code, text] = space < 0 ? ["ERR", given] : [given.slice(0, space), given.slice(space + 1)];
  pushField(lua, state, "err", bytesOf(`${code} ${text.replace(/^[\r\n]+|[\r\n]+$/g, "")}`));
  return 1;
}

function statusReply(lua: Lua, state: State): number {
  const { api } = lua;
  if (api.lua_gettop(state) !== 1 || api.lua_type(state, 1) !== TYPE.string)
    return failed(lua, state, "wrong number or type of arguments", false);
  pushField(lua, state, "ok", lua.bytesAt(state, 1) ?? Buffer.alloc(0));
  return 1;
}

function sha1hex(lua: Lua, state: State): number {
  if (lua.api.lua_gettop(state) !== 1) return failed(lua, state, "wrong number of arguments", true);
  const bytes = lua.bytesAt(state, 1) ?? Buffer.alloc(0);
  lua.pushText(state, createHash("sha1").update(bytes).digest("hex"));
  return 1;
}

function log(lua: Lua, state: State, run: ScriptRun | undefined): number {
  const { api } = lua;
  const count = api.lua_gettop(state);
  if (count < 2) return failed(lua, state, "redis.log() requires two arguments or more.", true);
  if (api.lua_type(state, 1) !== TYPE.number)
    return failed(lua, state, "First argument must be a number (log level).", true);
  const level = api.lua_tonumber(state, 1);
  if (!(level >= LOG_LEVELS.LOG_DEBUG && level <= LOG_LEVELS.LOG_WARNING))
    return failed(lua, state, "Invalid debug level.", true);
  const words: string[] = [];
  for (let index = 2; index <= count; index += 1) {
    const word = lua.bytesAt(state, index);
    if (word !== undefined) words.push(word.toString("utf8"));
  }
  run?.host.log(Math.trunc(level), words.join(" "));
  return 0;
}

function setresp(lua: Lua, state: State, run: ScriptRun | undefined): number {
  if (run === undefined)
    return failed(lua, state, "redis.setresp can only be called inside a script invocation", true);
  if (lua.api.lua_gettop(state) !== 1)
    return failed(lua, state, "redis.setresp() requires one argument.", true);
  const version = Math.trunc(lua.api.lua_tonumber(state, 1));
  if (version !== 2 && version !== 3) return failed(lua, state, "RESP version must be 2 or 3.", true);
  run.protocol = version;
  return 0;
}

/** Nothing is replicated command by command: the choice is checked and has no effect. */
function setRepl(lua: Lua, state: State): number {
  if (lua.api.lua_gettop(state) !== 1)
    return failed(lua, state, "redis.set_repl() requires two arguments.", true);
  const flags = Math.trunc(lua.api.lua_tonumber(state, 1));
  if ((flags & ~REPLICATION.REPL_ALL) !== 0) {
    const choices = "Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.";
    return failed(lua, state, `Invalid replication flags. ${choices}`, true);
  }
  return 0;
}

function aclCheck(lua: Lua, state: State, run: ScriptRun | undefined): number {
  if (run === undefined)
    return failed(lua, state, "redis.acl_check_cmd can only be called inside a script invocation", true);
  const args = readArguments(lua, state);
  if (typeof args === "string") return failed(lua, state, args, true);
  const mayCall = run.host.mayCall(args);
  if (mayCall === undefined) {
    return failed(lua, state, "Invalid command passed to redis.acl_check_cmd()", true);
  }
  lua.api.lua_pushboolean(state, mayCall ? 1 : 0);
  return 1;
}
