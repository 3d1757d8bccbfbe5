/**
 * What a command is to the server: an entry of commands.json and a handler of the same name. A handler reads
 * its arguments, works on the databases and returns a reply value, or a Wait if it has to wait. It is synchronous, throws ReplyError to
 * refuse (all it did is then taken back), and knows neither sockets nor whether it runs within MULTI. One that reads or
 * writes keys may be run twice for one request, the first run being taken back: beside the databases it changes nothing.
 */

import type { Bytes } from "../base/bytes.ts";
import type { Command } from "../catalogue/command.ts";
import type { GivenUse } from "../clients/key-uses.ts";
import type { Session } from "../clients/session.ts";
import type { LogRecord } from "../cluster/cluster-log.ts";
import type { Database } from "../keyspace/database.ts";
import type { Databases } from "../keyspace/databases.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import type { ProtocolVersion, Reply } from "../protocol/reply.ts";
import type { ValueType } from "../values/held.ts";
import type { ServerContext } from "./server-context.ts";

/** One request on its way through a handler. */
export interface Call {
  /** The request as it came; args[0] is the command's name, args[1] a subcommand's where there is one. */
  readonly args: readonly Buffer[];
  readonly command: Command;
  readonly session: Session;
  readonly databases: Databases;
  /**
   * Those of every partition that this server holds, in the order of slots, for commands that speak of the whole server.
   * Without a cluster the one of the call.
   */
  everywhere(): readonly Databases[];
  /** Those of the partition that holds a key; undefined where this server does not hold it. */
  placeOf(key: Bytes): Databases | undefined;
  /** The database the session has selected. */
  readonly db: Database;
  /** The time of this turn, milliseconds since the epoch: the only time a handler knows. */
  readonly nowMs: number;
  readonly server: ServerContext;
  /** A script runs it: what would wait is refused. */
  readonly isScripted: boolean;
  /** False within MULTI, where a handler must not return a Wait nor SSUBSCRIBE subscribe. */
  readonly mayWait: boolean;
  /**
   * The record of a key that is read. Whether there was one is counted, and told by a keyspace event unless it is
   * silent, when the request is done.
   */
  look(key: Buffer, isSilent: boolean): KeyRecord | undefined;
  /** The key was made by a handler that knows how it was used before. */
  use(key: Bytes, given: GivenUse): void;
  /** A number from 0 to below 1. */
  random(): number;
  /**
   * Runs a command for a script, as a command of its own: its failure, also that it may not run there, is its reply. What
   * it selects stays selected.
   */
  executeForScript(args: readonly Buffer[], protocol: ProtocolVersion, options: ScriptedOptions): Reply;
  /** Whether the user may run a command with these arguments; undefined: there is no such command. */
  mayExecute(args: readonly Buffer[]): boolean | undefined;
  /** Runs a request of the MULTI queue as a command of its own: its failure is its reply. For EXEC. */
  execute(args: readonly Buffer[]): Reply;
}

/** How a script runs its commands. */
export interface ScriptedOptions {
  /** Whatever writes is refused. */
  readonly isReadOnly: boolean;
  /** What needs memory is not refused when it is used up. */
  readonly mayExceedMemory: boolean;
  /** In a cluster, the slot that all its keys have to be in, once one is known; undefined: they may be in several. */
  readonly place: { slot: number | undefined } | undefined;
}

export interface Handler {
  /** The full name in commands.json: "GET", "CONFIG|SET". */
  readonly name: string;
  run(call: Call): Reply | Wait;
  /** Whether a request only asks what the command would do, so that there is nothing to audit. */
  isPlan?(args: readonly Buffer[]): boolean;
  /** How a change that belongs to a whole cluster goes through its log, where that is not what `run` writes. */
  readonly shared?: SharedPart;
}

/** In place of `run`, where a cluster has several partitions. */
export interface SharedPart {
  /** Tried in one partition, without waiting, and taken back. */
  attempt(call: Call): {
    readonly reply: Reply;
    /** What the log is to have; undefined: what was written, and nothing where nothing was. */
    readonly record?: LogRecord | undefined;
  };
  /** What is answered once all partitions have it; otherwise the reply of the attempt is. */
  answer?(call: Call, reply: Reply): Reply | Wait;
}

/** In which turn work that takes long goes on; times are milliseconds since the epoch. */
export type GoesOn =
  | "next turn"
  /** In any turn from one time on, and in a turn of its own at the other. */
  | { readonly fromMs: number; readonly byMs: number };

/**
 * What a handler that cannot answer yet returns instead of a reply. The executor parks the session, and asks again when
 * one of the keys has changed. A handler may wait only where `call.mayWait` says so: within MULTI it has to answer at
 * once.
 */
export interface Wait {
  readonly kind: "wait";
  /** A change of any of them, in the database the session has selected, is worth another try. */
  readonly keys: readonly Bytes[];
  /**
   * The type of value of which it takes a part away. Who waits so is asked right behind the request that brought
   * something, before any other request can take it; all others when the turn is over.
   */
  readonly takes?: ValueType;
  /** It waits for nothing but a later turn, because what it does takes long and others are served in between. */
  readonly goesOn?: GoesOn;
  /** Milliseconds since the epoch; undefined: for ever. */
  readonly deadlineMs: number | undefined;
  /** The answer at the deadline. */
  readonly onTimeout: Reply;
  /**
   * Tries again, as a handler does: an answer, an error thrown, or a further Wait. It outlives the request, so it
   * holds on to copies of arguments, never to the arguments themselves: these pin the memory they arrived in.
   */
  retry(call: Call): Reply | Wait;
}
