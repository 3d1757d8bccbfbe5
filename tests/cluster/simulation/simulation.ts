/**
 * Members, a network and a database in one process, by a seed: rough weather and calm by turns. In rough weather messages are
 * lost or late, members are killed, stopped and go on, the database is away. What must hold is held all the time; when it is
 * calm all partitions must be served again within their bound, be shared out evenly, and stay with their owners.
 */
import type { LeaseTimes } from "../../../src/cluster/lease.ts";
import { shareTimes } from "../../../src/cluster/times.ts";
import { seeded } from "../../support/seeded.ts";
import { Database, Violation } from "./database.ts";
import { Member } from "./member.ts";
import { Network } from "./network.ts";
import { Timeline } from "./timeline.ts";

export const TIMES: LeaseTimes = { leaseMs: 2000, marginMs: 300, everyMs: 667, answerMs: 667, retryMs: 100 };

/** Clocks of members and of the database run so much faster or slower: together below what the margin allows. */
const RATE_DIFFERENCE = 0.06;
const ROUGH_MS_MAX = 60_000;
const CALM_MS = 4000;
/** From calm on: what is under way fails, the last lease runs out, and the partition is taken and read. */
const SERVED_WITHIN_MS = 3000;
/** And further on until shares are even: members are watched for a while, then one partition after the other goes over. */
const EVEN_WITHIN_MS = 9000;
const PARTITIONS_MAX = 5;
const CLIENT_EVERY_MS = 16;
const HOPS = 6;
/** Of one member in a second, also where the connection breaks at once and others let go of it again and again. */
const REQUESTS_A_SECOND_MAX = 60;

export interface Outcome {
  readonly takes: number;
  readonly acknowledged: number;
  readonly steps: number;
}

/** @throws Violation */
export async function simulate(seed: number, steps: number, bug?: string): Promise<Outcome> {
  return await new Simulation(seed, bug).run(steps);
}

class Simulation {
  readonly #random: () => number;
  readonly #timeline = new Timeline();
  readonly #database: Database;
  readonly #network: Network;
  readonly #bug: string | undefined;
  /** Of some seeds: machines are suspended and no clock shows it, so that the epoch alone guards what is written. */
  readonly #isSuspending: boolean;
  #members: Member[] = [];
  #bornCount = 0;
  #lastValue = 0;
  #isCalm = false;

  constructor(seed: number, bug: string | undefined) {
    this.#random = seeded(seed);
    this.#bug = bug;
    this.#isSuspending = seed % 3 === 0;
    const rate = this.#rate();
    // Half of them as a cluster with one partition.
    const partitions = this.#random() < 0.5 ? 1 : 1 + Math.ceil(this.#random() * (PARTITIONS_MAX - 1));
    this.#database = new Database(partitions, TIMES.leaseMs, () => this.#timeline.nowMs * rate, bug);
    this.#network = new Network(this.#timeline, this.#random, () => this.#members);
    const count = 2 + Math.floor(this.#random() * 3);
    for (let i = 0; i < count; i += 1) this.#bear();
    this.#client();
    this.#rough();
    this.#watchRequests(new Map());
  }

  async run(steps: number): Promise<Outcome> {
    while (this.#timeline.stepCount < steps) {
      this.#timeline.step();
      // What was answered goes its way: promises that follow each other.
      for (let hop = 0; hop < HOPS; hop += 1) await undefined;
      if (this.#isSuspending) continue;
      for (const partition of this.#database.partitions.keys()) this.#assertOne(partition);
    }
    this.#database.verify();
    const { takeCount, acknowledgedCount } = this.#database;
    return { takes: takeCount, acknowledged: acknowledgedCount, steps };
  }

  #assertOne(partition: number): void {
    let serving: Member | undefined;
    for (const member of this.#members) {
      if (!member.serves(partition)) continue;
      if (serving !== undefined) throw new Violation(`${serving.id} and ${member.id} serve ${partition}`);
      serving = member;
    }
  }

  #rate(): number {
    const sign = this.#random() < 0.5 ? -1 : 1;
    return 1 + sign * RATE_DIFFERENCE * Math.sqrt(this.#random());
  }

  #bear(): void {
    this.#bornCount += 1;
    this.#members.push(
      new Member({
        id: `m${this.#bornCount}`,
        timeline: this.#timeline,
        network: this.#network,
        database: this.#database,
        times: TIMES,
        shareTimes: shareTimes(TIMES),
        random: this.#random,
        rate: this.#rate(),
        isSuspended: this.#isSuspending,
        bug: this.#bug,
      }),
    );
  }

  #any(): Member | undefined {
    return this.#members[Math.floor(this.#random() * this.#members.length)];
  }

  #ownerOf(partition: number): Member | undefined {
    const { owner } = this.#database.row(partition);
    return this.#members.find(({ id }) => id === owner);
  }

  #anyPartition(): number {
    return Math.floor(this.#random() * this.#database.partitions.length);
  }

  /** Clients ask any member; half of them know who the owner is, as the database says. */
  #client(): void {
    const partition = this.#anyPartition();
    const member = this.#random() < 0.5 ? this.#ownerOf(partition) : this.#any();
    if (this.#random() < 0.5) member?.read(partition);
    else {
      this.#lastValue += 1;
      member?.append(partition, this.#lastValue);
    }
    this.#timeline.after(this.#random() * CLIENT_EVERY_MS * 2, () => this.#client());
  }

  #rough(): void {
    this.#isCalm = false;
    const random = this.#random;
    // Often one thing alone goes wrong: what hides behind others shows then.
    const rate = (max: number) => (random() < 0.5 ? 0 : random() * max);
    this.#network.weather = { lossRate: rate(0.1), slowRate: rate(0.8), twiceRate: rate(0.5) };
    this.#trouble();
    this.#timeline.after(random() * ROUGH_MS_MAX, () => this.#calm());
  }

  #trouble(): void {
    if (this.#isCalm) return;
    const random = this.#random;
    const member = random() < 0.6 ? this.#ownerOf(this.#anyPartition()) : this.#any();
    const kind = random();
    if (member !== undefined) {
      if (kind < 0.2) this.#replace(member, () => member.kill());
      else if (kind < 0.45) member.pause(random() * 5000);
      else if (kind < 0.65) this.#network.cutOff(member, random() * 4000);
      else if (kind < 0.75) this.#replace(member, () => member.leave());
    }
    if (kind >= 0.9) this.#network.stopDatabase(random() * 3000);
    this.#timeline.after(random() * 2500, () => this.#trouble());
  }

  /** Another process is started in its place. */
  #replace(member: Member, end: () => void): void {
    end();
    this.#timeline.after(this.#random() * 2000, () => {
      member.kill();
      this.#members = this.#members.filter((other) => other !== member);
      this.#bear();
    });
  }

  #calm(): void {
    this.#isCalm = true;
    this.#network.calmDown();
    const longestPauseMs = 5000;
    // Members that are stopped go on first.
    this.#timeline.after(longestPauseMs + SERVED_WITHIN_MS, () => {
      this.#assertServed(longestPauseMs + SERVED_WITHIN_MS);
      this.#killInTheCalm();
    });
  }

  #killInTheCalm(): void {
    const owner = this.#members.find(({ share }) => share > 0);
    if (owner !== undefined && this.#random() < 0.5) {
      this.#replace(owner, () => owner.kill());
      this.#timeline.after(SERVED_WITHIN_MS, () => {
        this.#assertServed(SERVED_WITHIN_MS);
        this.#timeline.after(EVEN_WITHIN_MS, () => this.#stay());
      });
    } else this.#timeline.after(EVEN_WITHIN_MS, () => this.#stay());
  }

  /** Nobody takes one from an owner that is well, all have their share, and clients are answered. */
  #stay(): void {
    this.#assertServed(EVEN_WITHIN_MS);
    const shares = this.#members.map(({ share }) => share);
    if (Math.max(...shares) - Math.min(...shares) > 1)
      throw new Violation(`shares are ${shares.join(", ")}, ${EVEN_WITHIN_MS} ms after all is well`);
    const { takeCount, acknowledgedCount } = this.#database;
    this.#timeline.after(CALM_MS, () => {
      if (this.#database.takeCount !== takeCount) throw new Violation("an owner changes though all is well");
      if (this.#database.acknowledgedCount === acknowledgedCount)
        throw new Violation("no commit is answered");
      this.#rough();
    });
  }

  #assertServed(overMs: number): void {
    for (const partition of this.#database.partitions.keys())
      if (!this.#members.some((member) => member.serves(partition)))
        throw new Violation(`nobody serves ${partition}, ${overMs} ms after it has become calm`);
  }

  #watchRequests(before: ReadonlyMap<Member, number>): void {
    for (const member of this.#members) {
      const count = member.requestCount - (before.get(member) ?? 0);
      if (count > REQUESTS_A_SECOND_MAX) throw new Violation(`${member.id} asks ${count} times a second`);
    }
    const counts = new Map(this.#members.map((member) => [member, member.requestCount]));
    this.#timeline.after(1000, () => this.#watchRequests(counts));
  }
}
