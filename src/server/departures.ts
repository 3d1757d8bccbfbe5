/**
 * What turns have to send while the commits that it tells of are on their way to the disk. It leaves in the order of the
 * turns, also what a turn has to say that has only read: it may have read what is not on disk yet.
 *
 * Where a server holds several partitions, one may be slower than the others. What a connection is sent leaves when the commits are
 * on disk that its own replies depend on, in the order of its requests: a turn that waits for a partition holds up only
 * connections with such replies. Messages for other servers leave in the order of turns.
 */
import type { Session } from "../clients/session.ts";
import type { Partition, Partitions } from "../keyspace/partitions.ts";
import type { Fate, Outgoing } from "./outgoing.ts";
import type { Part, Turn } from "./turn.ts";

/** Turns for each partition, and bytes of replies, that may wait: beyond, no further turn begins. */
const TURNS_MAX = 16;
const BYTES_MAX = 16 << 20;

/**
 * With a disk that takes longer, turns run while earlier ones are synced, though nobody is ready. A sync of 0.4 ms is waited
 * for: 50 connections with one request each then share it, 19,400 events a second of 58 us instead of 16,500 of 71 us.
 */
const OVERLAPPED_SYNC_MS_MIN = 2;

/** A turn waits until the commits of a partition up to here are on disk. */
interface Wait {
  readonly partition: Partition;
  readonly position: number;
}

interface Departure {
  readonly outgoing: Outgoing;
  readonly nowMs: number;
  replyBytes: number;
  /** Where it has read or written. */
  readonly parts: readonly Part[];
  waits: readonly Wait[];
  /** What has become of commits that it tells of. */
  fate: Fate;
}

/** A turn that has ended. */
interface Ended extends Pick<Departure, "outgoing" | "replyBytes"> {
  readonly turn: Turn;
  /** The partitions that have refused its commit. */
  readonly failures: ReadonlyMap<Partition, Error> | undefined;
}

const NO_FATE: Fate = { failures: undefined, gone: undefined };

export class Departures {
  readonly #isOver: (partition: Partition) => boolean;
  readonly #partitions: Pick<Partitions, "all">;
  #waiting: Departure[] = [];
  #replyBytes = 0;

  /** @param isOver whether nothing of a partition may be answered any more */
  constructor(partitions: Pick<Partitions, "all">, isOver: (partition: Partition) => boolean) {
    this.#partitions = partitions;
    this.#isOver = isOver;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get isFull(): boolean {
    const turnsMax = TURNS_MAX * Math.max(1, this.#partitions.all.length);
    return this.#waiting.length >= turnsMax || this.#replyBytes >= BYTES_MAX;
  }

  add({ outgoing, turn: { nowMs, parts }, replyBytes, failures }: Ended): void {
    outgoing.close();
    const waits = waitsOf(parts);
    const fate = failures === undefined ? NO_FATE : { failures, gone: undefined };
    const departure = { outgoing, nowMs, parts, replyBytes, waits, fate };
    if (this.isEmpty && waits.length === 0) {
      this.#send(departure);
      return;
    }
    this.#waiting.push(departure);
    this.#replyBytes += departure.replyBytes;
    if (!this.#hasSeveral) return;
    this.#sendReady([departure], this.#awaited(departure));
    this.#dropSpent();
  }

  /** Commits of a partition have reached the disk, or with a failure those behind them have been taken back. */
  settled(partition: Partition, failure: Error | undefined): void {
    const { settledPosition } = partition.store;
    for (const departure of this.#waiting) {
      const wait = departure.waits.find((one) => one.partition === partition);
      if (wait === undefined || (failure === undefined && wait.position > settledPosition)) continue;
      departure.waits = departure.waits.filter((one) => one !== wait);
      if (failure === undefined || wait.position <= settledPosition) continue;
      departure.fate = {
        ...departure.fate,
        failures: new Map(departure.fate.failures).set(partition, failure),
      };
    }
    this.#leave();
  }

  /** A partition is another server's: what waits for its commits is never answered. */
  forget(partition: Partition): void {
    for (const departure of this.#waiting) {
      if (!departure.waits.some((one) => one.partition === partition)) continue;
      departure.waits = departure.waits.filter((one) => one.partition !== partition);
      departure.fate = { ...departure.fate, gone: new Set(departure.fate.gone).add(partition) };
    }
    this.#leave();
  }

  /** Sends what has nothing to wait for any more. */
  #leave(): void {
    const left = this.#waiting.findIndex(({ waits }) => waits.length > 0);
    for (const departure of this.#waiting.splice(0, left === -1 ? this.#waiting.length : left)) {
      this.#replyBytes -= departure.replyBytes;
      this.#send(departure);
    }
    if (!this.#hasSeveral || this.isEmpty) return;
    this.#sendReady(this.#waiting, new Set());
    this.#dropSpent();
  }

  #dropSpent(): void {
    const [kept, spent] = [[] as Departure[], [] as Departure[]];
    for (const departure of this.#waiting) (isSpent(departure) ? spent : kept).push(departure);
    for (const { replyBytes } of spent) this.#replyBytes -= replyBytes;
    this.#waiting = kept;
  }

  get #hasSeveral(): boolean {
    return this.#partitions.all.length > 1;
  }

  /** Sends what of turns is ready, though others wait. @param awaited sessions that wait for replies of earlier turns */
  #sendReady(departures: readonly Departure[], awaited: Set<Session>): void {
    for (const departure of departures) {
      const { outgoing, nowMs, waits } = departure;
      const waiting = waits.map(({ partition }) => partition);
      const sent = outgoing.sendReady(nowMs, this.#fateOf(departure), waiting, awaited);
      // Messages to subscribers are not among those of the turn.
      const bytes = Math.min(sent, departure.replyBytes);
      departure.replyBytes -= bytes;
      this.#replyBytes -= bytes;
    }
  }

  /** Sessions that have not been sent all that turns before this one have for them. */
  #awaited(departure: Departure): Set<Session> {
    const sessions = new Set<Session>();
    for (const one of this.#waiting)
      if (one !== departure) for (const session of one.outgoing.sessions) sessions.add(session);
    return sessions;
  }

  #send(departure: Departure): void {
    departure.outgoing.send(departure.nowMs, this.#fateOf(departure));
  }

  #fateOf({ parts, fate }: Departure): Fate {
    let { gone } = fate;
    for (const { partition } of parts) if (this.#isOver(partition)) gone = new Set(gone).add(partition);
    return gone === fate.gone ? fate : { ...fate, gone };
  }
}

/** Whether nothing of a turn is left to be sent. */
function isSpent({ waits, outgoing }: Departure): boolean {
  return waits.length === 0 && outgoing.isSpent;
}

/** Whether a sync takes so long that turns had better not wait for theirs. */
export function isSlow({ store }: Partition): boolean {
  return store.lastSyncMs > OVERLAPPED_SYNC_MS_MIN;
}

const NO_WAITS: readonly Wait[] = [];

function waitsOf(parts: readonly Part[]): readonly Wait[] {
  let waits = NO_WAITS;
  for (const { partition } of parts) {
    const { position, settledPosition } = partition.store;
    if (settledPosition !== position) waits = [...waits, { partition, position }];
  }
  return waits;
}
