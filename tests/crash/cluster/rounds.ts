/**
 * Rounds of faults against a cluster of processes and a PostgreSQL server of its own, under load. Each round one fault, and how
 * long it takes until a request that was sent after it is acknowledged; at the end everything is held against the evidence.
 */
import { setTimeout } from "node:timers/promises";
import { createSchema } from "../../../src/storage/postgres/schema.ts";
import { type PostgresServer, startPostgresServer } from "../../support/postgres.ts";
import { ClusterClient } from "./client.ts";
import { Load, verify } from "./load.ts";
import { MemberProcess } from "./members.ts";

const MEMBERS = 3;
const WORKERS = 6;
/** Of the cluster: one, unless whoever runs it wants several. */
const PARTITIONS = Number(process.env["CRASH_PARTITIONS"] ?? 1);
/** Longer than that is no cluster any more. */
const SERVED_MS_MAX = 30_000;
const EVERY_ROUNDS = 25;

export const FAULTS = [
  "owner killed",
  "owner stopped past its lease",
  "owner cut off",
  "owner ended",
  "standby cut off",
  "standby killed",
  "all members killed",
  "database killed",
] as const;

export type Fault = (typeof FAULTS)[number];

export interface RoundsOptions {
  readonly rounds: number;
  readonly random: () => number;
  readonly report: (line: string) => void;
}

export interface Totals {
  readonly acknowledged: number;
  readonly unknown: number;
  readonly reads: number;
  /** How long it took, by the fault, in milliseconds. */
  readonly servedMs: ReadonlyMap<Fault, readonly number[]>;
}

/** @throws Error with what is lost, double or stale */
export async function runClusterRounds(options: RoundsOptions): Promise<Totals> {
  const database = await startPostgresServer(["max_connections=60", "shared_buffers=16MB"]);
  if (database === undefined) throw new Error("PostgreSQL is not installed");
  const client = await database.connect();
  await createSchema(client, PARTITIONS);
  await client.end();
  const members = await Promise.all(
    Array.from({ length: MEMBERS }, () => MemberProcess.create(database.url)),
  );
  try {
    return await new Rounds(options, database, members).run();
  } catch (error) {
    for (const { port, log } of members) options.report(`member ${port}:\n${log.join("\n")}`);
    throw error;
  } finally {
    for (const member of members) {
      member.signal("SIGCONT");
      await member.kill();
      member.wire.close();
    }
    await database.stop();
  }
}

class Rounds {
  readonly #options: RoundsOptions;
  readonly #database: PostgresServer;
  readonly #members: readonly MemberProcess[];
  readonly #load: Load;
  readonly #asking: ClusterClient;
  readonly #servedMs = new Map<Fault, number[]>();

  constructor(options: RoundsOptions, database: PostgresServer, members: readonly MemberProcess[]) {
    this.#options = options;
    this.#database = database;
    this.#members = members;
    const ports = members.map(({ port }) => port);
    this.#load = new Load(ports, WORKERS);
    this.#asking = new ClusterClient(ports);
  }

  async run(): Promise<Totals> {
    await Promise.all(this.#members.map((member) => member.start()));
    await this.#load.prepare();
    this.#load.begin();
    for (let round = 1; round <= this.#options.rounds; round += 1) {
      await setTimeout(300 + this.#options.random() * 700);
      await this.#round(round);
    }
    await this.#load.end();
    await verify(this.#load, this.#asking, PARTITIONS);
    await this.#asking.close();
    const { acknowledgedCount, unknownCount, readCount } = this.#load;
    return {
      acknowledged: acknowledgedCount,
      unknown: unknownCount,
      reads: readCount,
      servedMs: this.#servedMs,
    };
  }

  async #round(round: number): Promise<void> {
    // Each of them once, then as it comes.
    const at = round <= FAULTS.length ? round - 1 : Math.floor(this.#options.random() * FAULTS.length);
    const fault = FAULTS[at] ?? "owner killed";
    const owner = await this.#owner();
    const standby = this.#members.find((member) => member !== owner) ?? owner;
    const beganMs = performance.now();
    const repaired = this.#cause(fault, owner, standby);
    const servedMs = await this.#served(beganMs, fault);
    await repaired;
    this.#servedMs.set(fault, [...(this.#servedMs.get(fault) ?? []), servedMs]);
    this.#options.report(`round ${round}: ${fault}, served ${servedMs.toFixed(0)} ms later`);
    if (round % EVERY_ROUNDS === 0)
      this.#options.report(`${this.#load.acknowledgedCount} events acknowledged`);
  }

  /** Resolves when the fault is over. */
  async #cause(fault: Fault, owner: MemberProcess, standby: MemberProcess): Promise<void> {
    const longMs = 2500 + this.#options.random() * 2500;
    const restart = async (member: MemberProcess) => {
      await setTimeout(this.#options.random() * 1500);
      await member.start();
    };
    switch (fault) {
      case "owner killed":
      case "standby killed": {
        const member = fault === "owner killed" ? owner : standby;
        await member.kill();
        return await restart(member);
      }
      case "all members killed":
        await Promise.all(this.#members.map((member) => member.kill()));
        await Promise.all(this.#members.map((member) => member.start()));
        return;
      case "owner ended":
        await owner.terminate();
        return await restart(owner);
      case "owner stopped past its lease":
        owner.signal("SIGSTOP");
        await setTimeout(longMs);
        owner.signal("SIGCONT");
        return;
      case "owner cut off":
      case "standby cut off": {
        const { wire } = fault === "owner cut off" ? owner : standby;
        wire.cut();
        await setTimeout(longMs);
        wire.heal();
        return;
      }
      case "database killed":
        await this.#database.kill();
        await this.#database.restart();
        return;
    }
  }

  async #owner(): Promise<MemberProcess> {
    const client = await this.#database.connect();
    try {
      for (let tries = 0; tries < 300; tries += 1) {
        const { rows } = await client.query<{ port: number }>(
          `select port from detent_partition join detent_member on id = split_part(owner, ':', 1)
           where lease_until > now()`,
        );
        const owner = this.#members.find(({ port, isRunning }) => isRunning && port === rows[0]?.port);
        if (owner !== undefined) return owner;
        await setTimeout(100);
      }
    } finally {
      await client.end();
    }
    throw new Error("no member owns the slots for half a minute");
  }

  /** How long it takes until a request that was sent behind the fault is acknowledged. */
  async #served(beganMs: number, fault: Fault): Promise<number> {
    // What the fault needs a moment for is not to be taken for its end.
    await setTimeout(5);
    const fromMs = performance.now();
    while (this.#load.lastSentMs < fromMs) {
      if (performance.now() - beganMs > SERVED_MS_MAX)
        throw new Error(`nothing is acknowledged for ${SERVED_MS_MAX} ms after: ${fault}`);
      await setTimeout(5);
    }
    return performance.now() - beganMs;
  }
}
