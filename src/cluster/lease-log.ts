/** What a member tells its operator: who owns the slots, why that changes, and how long it took. */
import type { Log } from "../base/log.ts";
import type { LeaseEnd } from "./lease.ts";
import type { ClusterFacts } from "./view.ts";

const ENDS: Readonly<Record<LeaseEnd, string>> = {
  expired: "the lease could not be renewed in time",
  taken: "another server has taken over",
  lost: "the database has given the slots to another server, or does not take commits of this one",
  released: "they were released",
};

export class LeaseLog {
  readonly #log: Log;
  readonly #ownId: string;
  #lastOwner: string | undefined;
  /** What was said last of who owns the slots. */
  #lastLine = "";

  constructor(log: Log, ownId: string) {
    this.#log = log;
    this.#ownId = ownId;
  }

  standsBy(facts: ClusterFacts, partition: number): void {
    const found = facts.partitions.find((known) => known.partition === partition);
    const ownerId = found?.ownerId;
    if (ownerId === this.#ownId) return;
    const line =
      ownerId === undefined
        ? "Standing by: no server owns the slots"
        : `Standing by: ${nameOf(facts, ownerId)} owns the slots, epoch ${found?.epoch}`;
    if (ownerId !== undefined) this.#lastOwner = nameOf(facts, ownerId);
    if (line !== this.#lastLine) this.#log(line);
    this.#lastLine = line;
  }

  granted(epoch: number, facts: ClusterFacts): void {
    const why =
      this.#lastOwner === undefined ? "no server owns them" : `${this.#lastOwner} no longer owns them`;
    const slots = facts.partitions.map(({ firstSlot, lastSlot }) => `${firstSlot}-${lastSlot}`).join(", ");
    this.#log(`Taking over the slots ${slots} at epoch ${epoch}: ${why}`);
    this.#lastLine = "";
  }

  serves(epoch: number, tookMs: number, position: number): void {
    this.#log(
      `Owner of the slots at epoch ${epoch}, position ${position}: ready ${tookMs.toFixed(0)} ms after it was granted`,
    );
    this.#lastOwner = "this server";
  }

  ended(why: LeaseEnd, wasServing: boolean): void {
    const then = wasServing ? "; connections are closed, what was not answered has an unknown outcome" : "";
    this.#log(`The slots are no longer this server's: ${ENDS[why]}${then}`, "warning");
  }

  handsOver(): void {
    this.#log("All is committed: the slots are released for another server");
  }

  lost(error: Error): void {
    this.#log(`The store is lost to this server: ${error.message}`, "warning");
  }

  failed(error: unknown): void {
    this.#log(`The slots cannot be served: ${messageOf(error)}; another server may try`, "warning");
  }

  trouble(error: Error, isOwner: boolean): void {
    const until = isOwner ? "; this server stops serving when its lease ends" : "";
    this.#log(`The database does not answer: ${messageOf(error)}${until}`, "warning");
  }

  recovered(): void {
    this.#log("The database answers again");
  }
}

function nameOf(facts: ClusterFacts, id: string): string {
  const member = facts.members.find((known) => known.id === id);
  return member === undefined
    ? id.slice(0, 8)
    : `${member.host}:${member.port === 0 ? member.tlsPort : member.port} (${id.slice(0, 8)})`;
}

/** A refused connection to a name with several addresses has its texts inside. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
