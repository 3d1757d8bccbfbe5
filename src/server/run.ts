/**
 * One request on its way through a handler. What the handler has to tell beside its reply and its writes, which keys
 * it has looked for, stays here until the run is over, and its random numbers are drawn once: so a run can be taken
 * back and repeated, and only the last one counts.
 */
import { type Bytes, bytesOf } from "../base/bytes.ts";
import type { Command } from "../catalogue/command.ts";
import type { GivenUse } from "../clients/key-uses.ts";
import type { Miss } from "../clients/keyspace-events.ts";
import type { Session } from "../clients/session.ts";
import type { Call, ScriptedOptions } from "../commands/handler.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Database } from "../keyspace/database.ts";
import type { Databases } from "../keyspace/databases.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import type { ProtocolVersion, Reply } from "../protocol/reply.ts";
import type { Nesting } from "./nesting.ts";
import type { Part } from "./turn.ts";

/** To look at a key in these ways is no use of it; nor is any for a client with CLIENT NO-TOUCH, but TOUCH. */
const NO_USE = new Set(["exists", "ttl", "pttl", "expiretime", "pexpiretime", "type", "memory|usage"]);

/** Runs a request of a MULTI queue as a command of its own. */
export type RunQueued = (outer: Run, args: readonly Buffer[]) => Reply;

/** Runs the commands of scripts. */
export interface Scripted {
  run(outer: Run, args: readonly Buffer[], protocol: ProtocolVersion, options: ScriptedOptions): Reply;
  mayRun(session: Session, args: readonly Buffer[]): boolean | undefined;
}

/** What all runs have in common. */
export interface RunContext {
  readonly server: ServerContext;
  readonly runQueued: RunQueued;
  readonly scripted: Scripted;
}

/** Where a request comes from. */
export type RunOrigin = "client" | "transaction" | "script";

/** One object a request is made of this: it has plain fields, which cost less to set up than private ones. */
export class Run implements Call {
  readonly args: readonly Buffer[];
  readonly command: Command;
  readonly session: Session;
  readonly part: Part;
  readonly databases: Databases;
  readonly db: Database;
  readonly nowMs: number;
  readonly server: ServerContext;
  readonly mayWait: boolean;
  readonly origin: RunOrigin;
  readonly context: RunContext;
  /** Of EXEC and scripts, and of what they run; undefined where no read can miss. */
  readonly nesting: Nesting | undefined;
  /** Reads that found a key, and those that did not. */
  hits = 0;
  misses = 0;
  /** Those of the misses that a keyspace event tells of. */
  missed: Miss[] | undefined;
  /** The keys that it used. */
  uses: Array<{ readonly key: Bytes; readonly given: GivenUse | undefined }> | undefined;
  /** The random numbers drawn, and how many of them this run has had. */
  draws: number[] | undefined;
  drawIndex = 0;

  constructor(
    context: RunContext,
    command: Command,
    session: Session,
    args: readonly Buffer[],
    part: Part,
    origin: RunOrigin,
    nesting?: Nesting,
  ) {
    this.args = args;
    this.command = command;
    this.session = session;
    this.part = part;
    const { databases } = part;
    this.databases = databases;
    this.db = databases.at(session.database);
    this.nowMs = databases.nowMs;
    this.server = context.server;
    this.mayWait = origin === "client";
    this.origin = origin;
    this.context = context;
    this.nesting = nesting;
  }

  get isScripted(): boolean {
    return this.origin === "script";
  }

  everywhere(): readonly Databases[] {
    return this.part.turn.everywhere();
  }

  placeOf(key: Bytes): Databases | undefined {
    return this.part.turn.placeOf(key);
  }

  look(key: Buffer, isSilent: boolean): KeyRecord | undefined {
    const bytes = bytesOf(key);
    const record = this.db.find(bytes);
    if (record === undefined) this.#miss(bytes, isSilent);
    else {
      this.hits += 1;
      if (
        !isSilent &&
        !NO_USE.has(this.command.name) &&
        (!this.session.isNoTouch || this.command.name === "touch")
      )
        this.use(bytes);
    }
    return record;
  }

  use(key: Bytes, given?: GivenUse): void {
    // Nearly always the only one: an array that grows begins with room for 17.
    if (this.uses === undefined) this.uses = [{ key, given }];
    else this.uses.push({ key, given });
  }

  random(): number {
    if (this.nesting !== undefined) return this.nesting.random(() => this.server.random());
    this.draws ??= [];
    const drawn = this.draws[this.drawIndex] ?? this.server.random();
    this.draws[this.drawIndex] = drawn;
    this.drawIndex += 1;
    return drawn;
  }

  execute(args: readonly Buffer[]): Reply {
    return this.context.runQueued(this, args);
  }

  executeForScript(args: readonly Buffer[], protocol: ProtocolVersion, options: ScriptedOptions): Reply {
    return this.context.scripted.run(this, args, protocol, options);
  }

  mayExecute(args: readonly Buffer[]): boolean | undefined {
    return this.context.scripted.mayRun(this.session, args);
  }

  /** The run begins anew, and what it had done is rolled back. */
  repeat(): void {
    this.hits = 0;
    this.misses = 0;
    this.missed = undefined;
    this.uses = undefined;
    this.drawIndex = 0;
  }

  #miss(key: Bytes, isSilent: boolean): void {
    this.misses += 1;
    if (isSilent || !this.server.keyspaceEvents.tellsMisses) return;
    this.missed ??= [];
    this.missed.push({ database: this.db.index, key, at: this.databases.transaction.changes.length });
  }
}
