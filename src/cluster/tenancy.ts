/** All partitions for a subcommand that works on them while no server does: taken once, kept until the work is done, given back. */
import { randomBytes } from "node:crypto";
import { PostgresLeases, type Sight } from "./database.ts";
import { Keeper } from "./keeper.ts";
import type { LeaseTimes } from "./lease.ts";
import { SYSTEM_TIMERS } from "./timers.ts";
import { leaseTimes } from "./times.ts";

/** Long, as a subcommand has one thing to do and may be slow to renew. */
const LEASE_MS = 10_000;
const MARGIN_MS = 1000;

/** A server has the partitions, or has taken one; the message is for the operator. */
export class TenancyError extends Error {
  override readonly name = "TenancyError";
}

/** A partition that is this program's. */
export interface Held {
  readonly partition: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
  readonly owner: string;
  readonly epoch: number;
}

export interface Tenancy {
  /** All there are, in the order of slots. */
  readonly partitions: readonly Held[];
  /** @throws TenancyError when one of them is another's by now */
  assert(): void;
  /** Gives the partitions back. */
  end(): Promise<void>;
}

/** @throws TenancyError when a server owns a partition, and the error of the database */
export async function takePartitions(url: string): Promise<Tenancy> {
  const id = randomBytes(20).toString("hex");
  const times = leaseTimes(LEASE_MS, MARGIN_MS);
  const { leaseMs, answerMs } = times;
  const leases = new PostgresLeases({
    url,
    id,
    leaseMs,
    answerMs,
    announcement: () => ({ host: "", port: 0, tlsPort: 0, info: {} }),
    onHint: () => undefined,
  });
  try {
    const sight = await leases.see();
    const { freeInMs } = sight;
    if (Number.isFinite(freeInMs))
      throw new TenancyError(
        `a server owns the slots, or did a moment ago: end all servers of the cluster, and try again in ${Math.ceil(freeInMs / 1000)} s`,
      );
    return await takeAll(leases, sight, id, times);
  } catch (error) {
    await giveBack(leases, id).catch(() => undefined);
    await leases.close();
    throw error;
  }
}

async function takeAll(
  leases: PostgresLeases,
  sight: Sight,
  id: string,
  times: LeaseTimes,
): Promise<Tenancy> {
  const all = sight.partitions.map(({ partition }) => partition);
  const held = new Map<number, Held>();
  let ended: string | undefined;
  const keeper = await new Promise<Keeper>((resolve, refuse) => {
    const reject = (error: Error) => {
      starting.stop();
      refuse(error);
    };
    const starting: Keeper = new Keeper({
      id,
      times,
      timers: SYSTEM_TIMERS,
      // It is no member, and shows itself to none.
      database: Object.assign(leases, { look: () => leases.see() }),
      share: () => ({ take: all.filter((partition) => !held.has(partition)), give: undefined }),
      onBegin: (partition, owner, epoch) => {
        const { firstSlot, lastSlot } = rangeOf(sight, partition);
        held.set(partition, { partition, firstSlot, lastSlot, owner, epoch });
        if (held.size === all.length) resolve(starting);
      },
      onEnd: (_partition, why) => {
        ended ??= why;
      },
      onGive: () => undefined,
      onServeUntil: () => undefined,
      onFacts: ({ partitions }) => {
        if (partitions.some(({ ownerId }) => ownerId !== undefined && ownerId !== id))
          reject(new TenancyError("a server has taken slots: end all servers of the cluster, and try again"));
      },
      onTrouble: reject,
      onRecovered: () => undefined,
    });
    starting.start(sight);
  });
  return {
    partitions: [...held.values()].toSorted((a, b) => a.firstSlot - b.firstSlot),
    assert: () => {
      if (ended !== undefined)
        throw new TenancyError(`the slots are no longer this program's (${ended}): it was not completed`);
    },
    end: async () => {
      await Promise.all(all.map((partition) => keeper.release(partition)));
      keeper.stop();
      await leases.close();
    },
  };
}

/** What it has taken when it could not take all. */
async function giveBack(leases: PostgresLeases, id: string): Promise<void> {
  const { partitions } = await leases.see();
  const own = partitions.filter(({ ownerId }) => ownerId === id);
  const request = { kind: "release", id: 0, sentAtMs: 0 } as const;
  if (own.length > 0)
    await leases.ask(
      "release",
      own.map(({ partition }) => ({ partition, request, owner: "" })),
    );
}

function rangeOf({ partitions }: Sight, wanted: number): Pick<Held, "firstSlot" | "lastSlot"> {
  const found = partitions.find(({ partition }) => partition === wanted);
  if (found === undefined) throw new Error(`partition ${wanted} was seen`);
  return found;
}
