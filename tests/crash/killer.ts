/**
 * Kills the server when a number of requests were answered and lines were said. As these come just after the server
 * has sent something, it gets a head start of some turns of our event loop: it dies while it reads, works, writes or
 * waits for the disk.
 */
import type { KeptServer } from "./kept-server.ts";

/** Turns of the event loop, most of them empty. */
const HEAD_START_MAX = 2000;

export class Killer {
  readonly #server: KeptServer;
  readonly #random: () => number;
  #count = 0;
  #moments: number[] = [];

  constructor(server: KeptServer, random: () => number) {
    this.#server = server;
    this.#random = random;
  }

  /** The server will be killed when so much has happened from now on. */
  arm(moments: readonly number[]): void {
    this.#count = 0;
    this.#moments = [...moments];
  }

  disarm(): void {
    this.#moments = [];
  }

  count(): void {
    this.#count += 1;
    if (this.#moments.includes(this.#count)) this.#killAfter(Math.floor(this.#random() * HEAD_START_MAX));
  }

  #killAfter(turns: number): void {
    if (turns === 0) this.#server.kill();
    else setImmediate(() => this.#killAfter(turns - 1));
  }
}
