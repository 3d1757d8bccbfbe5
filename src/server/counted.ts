/** What a server counts in memory of what it has done itself: of a cluster each server a part. */
import type { Counted } from "../commands/other-servers.ts";
import type { ServerContext } from "../commands/server-context.ts";

/** As JSON tells it to the other servers. */
export function countedAt({ flow, clock }: ServerContext, database: number, counted: Counted): unknown {
  switch (counted.kind) {
    case "rates":
      return flow.rates(database, clock.now());
    case "flow":
      return flow.part(database, counted, clock.now());
  }
}
