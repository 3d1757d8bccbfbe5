/**
 * A counter in each partition, which is raised without pause over a connection of its own: how long that takes, when each
 * partition serves again after a fault, and what a fault costs the partitions that it does not concern.
 */
import { setTimeout } from "node:timers/promises";
import { bytesOf } from "../../../src/base/bytes.ts";
import { placesOf } from "../../../src/places.ts";
import { ClusterClient } from "./client.ts";
import { rangesOf } from "./ranges.ts";

const PAUSE_MS = 20;

interface Sample {
  readonly sentMs: number;
  readonly tookMs: number;
}

class Probe {
  readonly samples: Sample[] = [];
  readonly #key: string;
  readonly #client: ClusterClient;
  #value = 0;
  #doubts = 0;

  constructor(key: string, ports: readonly number[]) {
    this.#key = key;
    this.#client = new ClusterClient(ports);
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const sentMs = performance.now();
      const answer = await this.#client.ask("INCR", this.#key);
      if (answer.kind === "answered" && typeof answer.reply === "number") {
        this.#count(answer.reply);
        this.samples.push({ sentMs, tookMs: performance.now() - sentMs });
      } else this.#doubts += 1;
      await setTimeout(PAUSE_MS);
    }
    const last = Number((await this.#client.insist("GET", this.#key)) ?? 0);
    if (last < this.#value || last > this.#value + this.#doubts)
      throw new Error(`${this.#key} is ${last}, acknowledged was ${this.#value}, in doubt ${this.#doubts}`);
    await this.#client.close();
  }

  #count(value: number): void {
    if (value <= this.#value || value > this.#value + 1 + this.#doubts)
      throw new Error(`${this.#key} becomes ${value} behind ${this.#value}, in doubt are ${this.#doubts}`);
    this.#value = value;
    this.#doubts = 0;
  }
}

export class Probes {
  readonly #probes: readonly Probe[];
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(ports: readonly number[], partitionCount: number) {
    this.#probes = placesOf(rangesOf(partitionCount)).map((place) => {
      let number = 0;
      while (!place.holds(bytesOf(Buffer.from(`p:${number}`)))) number += 1;
      return new Probe(`p:${number}`, ports);
    });
  }

  begin(): void {
    this.#running = Promise.all(this.#probes.map((probe) => probe.run(() => this.#isOver)));
    this.#running.catch(() => undefined);
  }

  /** @throws what a probe has found */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  /** Whether each partition has answered a request that was sent since then. */
  haveServedSince(ms: number): boolean {
    return this.#probes.every(({ samples }) => (samples.at(-1)?.sentMs ?? 0) >= ms);
  }

  /** How long the requests of some partitions took that were sent in a time. */
  tookMs(partitions: readonly number[], fromMs: number, toMs: number): readonly number[] {
    return partitions.flatMap((partition) =>
      (this.#probes[partition]?.samples ?? [])
        .filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs)
        .map(({ tookMs }) => tookMs),
    );
  }
}
