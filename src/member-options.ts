/** What a member of a cluster is started with. */
import type { LeaseDatabase } from "./cluster/database.ts";
import type { Timers } from "./cluster/timers.ts";
import type { OwnedStore, StoreRequest } from "./owned-store.ts";
import type { RunningServer, StartOptions } from "./start.ts";
import type { PostHints } from "./storage/postgres/post.ts";

export interface MemberOptions extends Omit<StartOptions, "store" | "partitions" | "cluster" | "users"> {
  /** 40 hexadecimal digits. */
  readonly id: string;
  readonly timers: Timers;
  readonly database: (server: () => RunningServer, onHint: () => void) => LeaseDatabase;
  /** Is notified of letters from other members. */
  readonly postHints?: PostHints;
  /** Reads a partition. */
  readonly openStore: (request: StoreRequest) => Promise<OwnedStore>;
}
