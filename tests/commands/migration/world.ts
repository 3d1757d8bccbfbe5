/** A server that machines are migrated on, with a clock that the test turns, and which goes on after crashes. */
import { Store } from "../../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import type { Argument, TestClient } from "../../support/client.ts";
import { fields } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { imageOf, temporaryDirectory } from "../../support/stores.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

/** So small that a few commands fill a journal and begin a checkpoint. */
const LIMITS = { journalBytesMax: 4000, tableBytesMax: 6000, derivedBytesMax: 8000, cacheBytesMax: 4000 };

export class World {
  readonly clock = new VirtualClock();
  #directory = temporaryDirectory();
  #server: TestServer | undefined;
  #client: TestClient | undefined;

  async open(): Promise<void> {
    const store = Store.open(this.#directory, OBJECT_TYPES, { limits: LIMITS });
    this.#server = await startTestServer({ clock: this.clock, store, config: { appendfsync: "no" } });
    this.#client = await this.#server.client();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  /** The server goes on with what a crash would have left of the directory. */
  async crash(): Promise<void> {
    const image = imageOf(this.#directory);
    await this.close();
    this.#directory = image;
    await this.open();
  }

  get client(): TestClient {
    if (this.#client === undefined) throw new Error("the server was not started");
    return this.#client;
  }

  call(...args: readonly Argument[]): Promise<Decoded> {
    return this.client.call(...args);
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.call("PING");
    await this.call("PING");
  }

  async untilEnded(id: Decoded): Promise<void> {
    for (let turn = 0; turn < 200; turn += 1) {
      const { status } = fields(await this.call("SM.MIGRATION", "STATUS", String(id)));
      if (status === "DONE" || status === "UNDONE" || status === undefined) return;
      await this.pass(1000);
    }
    throw new Error("the migration does not end");
  }

  /** Of a definition `m:v1` it is 0. */
  versionOf(definition: Decoded | undefined): number {
    return Number(String(definition).slice("m:v".length)) - 1;
  }
}
