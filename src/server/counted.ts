/** What no command tells of a server, for pages of the console: of a cluster each server has a part of it. */
import { findCommand } from "../catalogue/catalogue.ts";
import type { Session } from "../clients/session.ts";
import { denialOf } from "../clients/users/check.ts";
import type { Counted } from "../commands/other-servers.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { readEverywhere } from "../keyspace/held.ts";
import { streamFigures } from "../machines/figures.ts";

/** A stream that machines write, with its groups. */
export interface StreamRow {
  readonly name: string;
  readonly length: number;
  readonly groups: ReadonlyArray<{
    readonly name: string;
    readonly consumers: number;
    readonly pending: number;
    /** Null where it is not known. */
    readonly lag: number | null;
  }>;
}

type Asker = Pick<Session, "user" | "database">;

/** As JSON tells it to the other servers. */
export function countedAt(server: ServerContext, asker: Asker, counted: Counted): unknown {
  const { flow, clock } = server;
  switch (counted.kind) {
    case "rates":
      return flow.rates(asker.database, clock.now());
    case "flow":
      return flow.part(asker.database, counted, clock.now());
    case "streams":
      return streamsOf(server, asker);
  }
}

/** Those that the user may read. They are found by the beginning of their names, so that the cost does not grow with the number of keys. */
function streamsOf(server: ServerContext, { user, database: index }: Asker): readonly StreamRow[] {
  const { partitions, config, clock, catalogue } = server;
  return streamFigures(readEverywhere(partitions, config.get("databases"), clock.now()))
    .filter(({ database, name }) => {
      const request = ["XINFO", "STREAM", name].map((word) => Buffer.from(word));
      const command = findCommand(catalogue, request);
      return database === index && command !== undefined && denialOf(user, command, request) === undefined;
    })
    .map(({ name, length, groups }) => ({
      ...{ name, length },
      groups: groups.map(({ lag, ...group }) => ({ ...group, lag: lag ?? null })),
    }));
}
