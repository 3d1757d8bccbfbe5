/** A server for tests of programs: in their process, with a clock of its own. */

export interface TestServerOptions {
  /** The time at the start, in milliseconds since the epoch; 2026-01-05T09:00:00Z unless given. */
  readonly now?: number;
}

export interface TestServer {
  /** On 127.0.0.1, chosen by the system. */
  readonly port: number;
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string;
  /** The time of the server, in milliseconds since the epoch. It stands still until `advance`. */
  now(): number;
  /** Lets time pass: timers, delayed events and times of expiry fall due, each at its time. Resolves when all that is done. */
  advance(ms: number): Promise<void>;
  /** Ends the server; nothing is kept. */
  close(): Promise<void>;
}

const START_MS = Date.UTC(2026, 0, 5, 9);

/**
 * Starts a whole server in this process, over a store in memory. It takes connections as any server does; only time is
 * moved by hand, so that a test of three days takes none.
 */
export async function testServer({ now = START_MS }: TestServerOptions = {}): Promise<TestServer> {
  // The path is put together, so that neither programs that start no server nor the types of the package bring it along.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const { href } = new URL(`../test-server.${extension}`, import.meta.url);
  const { startTestServer } = (await import(href)) as {
    startTestServer(options: { readonly nowMs: number }): Promise<TestServer>;
  };
  return await startTestServer({ nowMs: now });
}
