/** The partition for a subcommand that works on it while no server does: taken once, kept until the work is done, given back. */
import { randomBytes } from "node:crypto";
import { PostgresLeases } from "./database.ts";
import { Keeper, type Timers } from "./keeper.ts";
import { leaseTimes } from "./times.ts";

const PARTITION = 0;
/** Long, as a subcommand has one thing to do and may be slow to renew. */
const LEASE_MS = 10_000;
const MARGIN_MS = 1000;

const TIMERS: Timers = {
  monotonicMs: () => performance.now(),
  after: (delayMs, callBack) => {
    const timer = setTimeout(callBack, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A server has the partition, or has taken it; the message is for the operator. */
export class TenancyError extends Error {
  override readonly name = "TenancyError";
}

export interface Tenancy {
  readonly partition: number;
  readonly owner: string;
  readonly epoch: number;
  /** @throws TenancyError when the partition is another's by now */
  assert(): void;
  /** Gives the partition back. */
  end(): Promise<void>;
}

/** @throws TenancyError when a server owns the partition, and the error of the database */
export async function takePartition(url: string): Promise<Tenancy> {
  const id = randomBytes(20).toString("hex");
  const times = leaseTimes(LEASE_MS, MARGIN_MS);
  const announcement = () => ({ host: "", port: 0, tlsPort: 0, info: {} });
  const { leaseMs, answerMs } = times;
  const database = new PostgresLeases({
    url,
    id,
    partition: PARTITION,
    leaseMs,
    answerMs,
    announcement,
    onHint: () => undefined,
  });
  let ended: string | undefined;
  try {
    const seen = await database.ask({ kind: "take", id: 0, sentAtMs: 0, epoch: -1 });
    if (!seen.granted && seen.freeInMs > 0)
      throw new TenancyError(
        `a server owns the slots, or did a moment ago: end all servers of the cluster, and try again in ${Math.ceil(seen.freeInMs / 1000)} s`,
      );
  } catch (error) {
    await database.close();
    throw error;
  }
  const { owner, epoch, keeper } = await new Promise<{
    readonly owner: string;
    readonly epoch: number;
    readonly keeper: Keeper;
  }>((resolve, reject) => {
    const starting: Keeper = new Keeper({
      times,
      timers: TIMERS,
      database: Object.assign(database, { look: async () => ({ members: [], partitions: [] }) }),
      onBegin: (name, granted) => resolve({ owner: name, epoch: granted, keeper: starting }),
      onEnd: (why) => {
        ended = why;
      },
      onServeUntil: () => undefined,
      onFacts: () => undefined,
      onTrouble: (error) => reject(error),
      onRecovered: () => undefined,
    });
    starting.start();
  });
  return {
    partition: PARTITION,
    owner,
    epoch,
    assert: () => {
      if (ended !== undefined)
        throw new TenancyError(`the slots are no longer this program's (${ended}): it was not completed`);
    },
    end: async () => {
      await keeper.release(Number.POSITIVE_INFINITY);
      keeper.stop();
      await database.close();
    },
  };
}
