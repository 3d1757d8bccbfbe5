/**
 * Rounds of faults against a cluster of processes and a database of their own, under load. Each round one fault, and how long it
 * takes until every partition has acknowledged a request that was sent after it; at the end everything is held against the evidence.
 */
import { setTimeout } from "node:timers/promises";
import { ClusterClient } from "./client.ts";
import { type Fault, faultsIn } from "./faults.ts";
import { Load, verify } from "./load.ts";
import { Probes } from "./probes.ts";
import { ownerIn, type World, withWorld } from "./world.ts";

const WORKERS = 6;
/** Of the cluster: one, unless whoever runs it wants several. */
const PARTITIONS = Number(process.env["CRASH_PARTITIONS"] ?? 1);
/** Longer than that is no cluster any more. */
const SERVED_MS_MAX = 30_000;
const EVERY_ROUNDS = 25;
/** What requests take when all is well is looked at so long before a fault. */
const BEFORE_MS = 1500;

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
  readonly servedMs: ReadonlyMap<string, readonly number[]>;
  /** What requests to the partitions of others took before an owner was killed, and until its own were served again. */
  readonly othersMs: { readonly before: readonly number[]; readonly meanwhile: readonly number[] };
}

/** @throws Error with what is lost, double or stale */
export async function runClusterRounds(options: RoundsOptions): Promise<Totals> {
  return await withWorld(PARTITIONS, (world) => new Rounds(options, world).run(), options.report);
}

class Rounds {
  readonly #options: RoundsOptions;
  readonly #world: World;
  readonly #faults: readonly Fault[];
  readonly #load: Load;
  readonly #probes: Probes;
  readonly #asking: ClusterClient;
  readonly #servedMs = new Map<string, number[]>();
  readonly #before: number[] = [];
  readonly #meanwhile: number[] = [];

  constructor(options: RoundsOptions, world: World) {
    this.#options = options;
    this.#world = world;
    const { possible, skipped } = faultsIn(world);
    for (const line of skipped) options.report(`left out, ${line}`);
    const only = process.env["CRASH_FAULT"] ?? "";
    this.#faults = possible.filter(({ name }) => name.includes(only));
    const ports = world.members.map(({ port }) => port);
    this.#load = new Load(ports, WORKERS);
    this.#probes = new Probes(ports, PARTITIONS);
    this.#asking = new ClusterClient(ports);
  }

  async run(): Promise<Totals> {
    const { members } = this.#world;
    await Promise.all(members.map((member) => member.start()));
    await this.#load.prepare();
    this.#load.begin();
    this.#probes.begin();
    for (let round = 1; round <= this.#options.rounds; round += 1) {
      await setTimeout(BEFORE_MS + this.#options.random() * 700);
      await this.#round(round);
    }
    await this.#load.end();
    await this.#probes.end();
    // A timer is due by the clock of the server that has set it, which may have been ahead.
    for (const { dial } of members) dial?.set(600);
    await verify(this.#load, this.#asking, PARTITIONS);
    await this.#asking.close();
    const { acknowledgedCount, unknownCount, readCount } = this.#load;
    return {
      acknowledged: acknowledgedCount,
      unknown: unknownCount,
      reads: readCount,
      servedMs: this.#servedMs,
      othersMs: { before: this.#before, meanwhile: this.#meanwhile },
    };
  }

  async #round(round: number): Promise<void> {
    const { random, report } = this.#options;
    const at = round <= this.#faults.length ? round - 1 : Math.floor(random() * this.#faults.length);
    const fault = this.#faults[at];
    if (fault === undefined) throw new Error("there is a fault to choose");
    const { owner, others } = await ownerIn(this.#world);
    const standby = this.#world.members.find((member) => member !== owner) ?? owner;
    const beganMs = performance.now();
    const happening = fault.happens({ world: this.#world, owner, standby, random, load: this.#load });
    happening.catch(() => undefined);
    const servedMs = await this.#served(beganMs, fault.name);
    const note = await happening;
    // What a fault is over for may be served only then.
    await this.#served(performance.now(), `the end of: ${fault.name}`);
    this.#servedMs.set(fault.name, [...(this.#servedMs.get(fault.name) ?? []), servedMs]);
    if (fault.name === "owner killed") this.#compare(others, beganMs, beganMs + servedMs);
    const also = typeof note === "string" ? `; ${note}` : "";
    report(`round ${round}: ${fault.name}, served ${servedMs.toFixed(0)} ms later${also}`);
    if (round % EVERY_ROUNDS === 0) report(`${this.#load.acknowledgedCount} events acknowledged`);
  }

  #compare(others: readonly number[], beganMs: number, servedMs: number): void {
    this.#before.push(...this.#probes.tookMs(others, beganMs - BEFORE_MS, beganMs));
    this.#meanwhile.push(...this.#probes.tookMs(others, beganMs, servedMs));
  }

  /** How long it takes until each partition has acknowledged a request that was sent behind the fault. */
  async #served(beganMs: number, what: string): Promise<number> {
    // What the fault needs a moment for is not to be taken for its end.
    await setTimeout(5);
    const fromMs = performance.now();
    while (this.#load.lastSentMs < fromMs || !this.#probes.haveServedSince(fromMs)) {
      if (performance.now() - beganMs > SERVED_MS_MAX)
        throw new Error(`not all is acknowledged for ${SERVED_MS_MAX} ms after: ${what}`);
      await setTimeout(5);
    }
    return performance.now() - beganMs;
  }
}
