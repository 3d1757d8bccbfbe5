/** The whole server in a process of tests: over a store in memory, on a free port, with a clock that is moved by hand. */
import { ManualClock } from "./base/manual-clock.ts";
import { configOf } from "./config/load.ts";
import { Store } from "./keyspace/store.ts";
import { OBJECT_TYPES } from "./object-types.ts";
import { Remote } from "./remote/remote.ts";
import { start } from "./start.ts";
import { MemoryStore } from "./storage/memory-store.ts";

/** Moments at which something falls due, in one move of the clock. */
const STOPS_MAX = 100_000;

/** What `testServer` of the client promises (`client/test-server.ts`). */
export async function startTestServer({ nowMs }: { readonly nowMs: number }) {
  const clock = new ManualClock(nowMs);
  const server = await start({
    config: configOf({ port: 0, bind: ["127.0.0.1"] }),
    store: Store.over(new MemoryStore(), OBJECT_TYPES),
    clock,
    log: () => undefined,
    onShutdown: () => undefined,
    httpPort: "none",
  });
  const { port } = server;
  const url = `redis://127.0.0.1:${port}`;
  const remote = await Remote.connect(url);
  return {
    port,
    url,
    now: () => clock.now(),
    advance: async (ms: number) => {
      if (!(ms >= 0)) throw new RangeError(`time goes on, by 0 ms or more: ${ms}`);
      const untilMs = clock.now() + ms;
      // What is due is done when a request that comes after it is answered.
      for (let stops = 0; clock.moveToNext(untilMs); stops += 1) {
        if (stops >= STOPS_MAX) throw new Error(`more than ${STOPS_MAX} things fall due in ${ms} ms`);
        await remote.call("PING");
      }
      clock.moveTo(untilMs);
      await remote.call("PING");
    },
    close: async () => {
      remote.close();
      await server.close();
    },
  };
}
