/**
 * A server that is started again each time it was killed. It may be killed at any time from outside. Some of its lives
 * end by themselves: while it starts, or as it is about to sync its journal, when all is written and nothing is sent.
 */
import type { Argument, TestClient } from "../support/client.ts";
import type { Decoded } from "../support/resp-decoder.ts";
import { type ServerProcess, type ServerSettings, startServer } from "./server-process.ts";
import { hasStrace, strace } from "./strace.ts";

export interface KeptServer {
  /** A connection, as soon as the server accepts one. */
  connect(): Promise<TestClient>;
  /** The reply to a request; asked again when the server dies before it has answered. */
  ask(...args: readonly Argument[]): Promise<Decoded>;
  kill(): void;
  readonly killCount: number;
  /** Shuts it down; resolves with the exit code. */
  stop(): Promise<number | string | null>;
}

/** Lines a server logs while it starts: at each of them it may be killed. */
const STARTING = ["is starting", "Store opened", "Listening on"];

/** Syncs after which a life that is to end in one does so: not while it starts. */
const SYNCS_MIN = 40;
const SYNCS_MAX = 400;

/** `random` draws when a start is interrupted. @throws Error when the first start fails */
export async function keepServer(settings: ServerSettings, random: () => number): Promise<KeptServer> {
  let killCount = 0;
  let isStopping = false;
  let current = startServer(settings);
  // Who connects meets what went wrong; nobody may be connecting yet.
  const replace = (next: Promise<ServerProcess>): void => {
    current = next;
    current.catch(() => undefined);
  };
  const watch = async (server: ServerProcess): Promise<void> => {
    const end = await server.ended;
    if (isStopping) return;
    if (end !== "SIGKILL") {
      replace(Promise.reject(new Error(`the server ended with ${end}:\n${server.log.join("\n")}`)));
      return;
    }
    killCount += 1;
    replace(
      restart(settings, random, () => {
        killCount += 1;
      }),
    );
    current.then(watch, () => undefined);
  };
  void watch(await current);

  const connect = async (): Promise<TestClient> => {
    for (;;) {
      const server = await current;
      try {
        return await server.connect();
      } catch {
        await server.ended;
      }
    }
  };
  let asking: TestClient | undefined;
  return {
    connect,
    ask: async (...args) => {
      for (;;) {
        if (asking === undefined || asking.isClosed) asking = await connect();
        try {
          return await asking.call(...args);
        } catch (error) {
          if (!asking.isClosed) throw error;
        }
      }
    },
    kill: () => {
      current.then(
        (server) => server.kill(),
        () => undefined,
      );
    },
    get killCount() {
      return killCount;
    },
    stop: async () => {
      isStopping = true;
      const server = await current;
      await asking?.close();
      server.terminate();
      return server.ended;
    },
  };
}

async function restart(
  settings: ServerSettings,
  random: () => number,
  onKilled: () => void,
): Promise<ServerProcess> {
  while (random() < 0.1) {
    const diesAt = STARTING[Math.floor(random() * STARTING.length)] ?? "";
    const died = await startServer({ ...settings, diesAt }).then(
      (server) => server.ended,
      () => "SIGKILL",
    );
    if (died !== "SIGKILL") throw new Error(`a server that was killed while it started ended with ${died}`);
    onKilled();
  }
  if (!hasStrace || random() < 0.6) return startServer(settings);
  const sync = SYNCS_MIN + Math.floor(random() * SYNCS_MAX);
  return startServer({ ...settings, under: strace(`fdatasync:signal=SIGKILL:when=${sync}`) });
}
