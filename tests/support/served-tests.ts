/** What most files of machine tests begin with: for each test a server of its own, with a clock that the test turns. */
import { afterEach, beforeEach } from "vitest";
import type { Argument, TestClient } from "./client.ts";
import type { Decoded } from "./resp-decoder.ts";
import { startTestServer, type TestServer } from "./server.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** The server of the test at hand. */
export interface ServedTest {
  readonly server: TestServer;
  readonly client: TestClient;
  readonly clock: VirtualClock;
  readonly call: (...args: readonly Argument[]) => Promise<Decoded>;
}

/** Starts a server before each test of the file, prepared by `prepare`, and closes it after; hooks of the file run before. */
export function servedTests(
  prepare: (client: TestClient) => Promise<void> = async () => undefined,
): ServedTest {
  let current: Omit<ServedTest, "call">;
  beforeEach(async () => {
    const clock = new VirtualClock();
    const server = await startTestServer({ clock });
    const client = await server.client();
    current = { server, client, clock };
    await prepare(client);
  });
  afterEach(() => current.server.close());
  return {
    get server() {
      return current.server;
    },
    get client() {
      return current.client;
    },
    get clock() {
      return current.clock;
    },
    call: (...args) => current.client.call(...args),
  };
}
