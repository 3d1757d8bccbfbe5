/** Keys that change at another server from now on, of which clients wait for news. */
import type { ServerContext } from "../commands/server-context.ts";
import type { Place } from "../keyspace/place.ts";
import { Outgoing } from "./outgoing.ts";

/** Breaks the watching of keys of a partition, and the caches of clients, which may hold some. */
export function loseKeys(server: ServerContext, place: Place): void {
  server.watches.lose((key) => place.holds(key));
  const outgoing = new Outgoing(server);
  server.tracking.invalidateAll();
  outgoing.tell([], undefined);
  outgoing.send(server.clock.now(), { failures: undefined, gone: undefined });
}
