/**
 * A server over a directory, with a clock that the test turns: it is ended and started again over the same data, or goes on with what a
 * crash would have left. Each start has one client.
 */
import type { ConfigValues } from "../../src/config/directives.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { DurableLimits } from "../../src/storage/durable-store.ts";
import type { Argument, TestClient } from "./client.ts";
import type { Decoded } from "./resp-decoder.ts";
import { startTestServer, type TestServer } from "./server.ts";
import { imageOf, temporaryDirectory } from "./stores.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface LastingServerOptions {
  readonly limits?: Partial<DurableLimits>;
  /** Instead of `appendfsync no`: no test cuts the power. */
  readonly config?: Partial<ConfigValues>;
}

export class LastingServer {
  readonly clock = new VirtualClock();
  readonly #options: LastingServerOptions;
  #directory = temporaryDirectory();
  #server: TestServer | undefined;
  #client: TestClient | undefined;

  constructor(options: LastingServerOptions = {}) {
    this.#options = options;
  }

  async open(): Promise<TestClient> {
    const { limits = {}, config = { appendfsync: "no" } } = this.#options;
    const store = Store.open(this.#directory, OBJECT_TYPES, { limits });
    this.#server = await startTestServer({ clock: this.clock, store, config });
    this.#client = await this.#server.client();
    return this.#client;
  }

  /** Does nothing when it is closed. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  async restart(): Promise<TestClient> {
    await this.close();
    return await this.open();
  }

  /** It goes on with what a crash would have left of the directory. */
  async crash(): Promise<TestClient> {
    const image = imageOf(this.#directory);
    await this.close();
    this.#directory = image;
    return await this.open();
  }

  /** The client of the last start. */
  get client(): TestClient {
    if (this.#client === undefined) throw new Error("the server was not started");
    return this.#client;
  }

  call(...args: readonly Argument[]): Promise<Decoded> {
    return this.client.call(...args);
  }
}
