/** What a member tells its operator: which slots are its own, why that changes, and how long it took. */

import type { Log } from "../base/log.ts";
import { messageOf } from "../postgres/message-of.ts";
import type { LeaseEnd } from "./lease.ts";
import type { ClusterFacts } from "./view.ts";

const ENDS: Readonly<Record<LeaseEnd, string>> = {
  expired: "the lease could not be renewed in time",
  taken: "another server has taken over",
  lost: "the database has given them to another server, or does not take commits of this one",
  released: "they were released",
};

export class LeaseLog {
  readonly #log: Log;
  readonly #ownId: string;
  #facts: ClusterFacts = { members: [], partitions: [] };
  /** The last owner of each partition that was another one. */
  readonly #lastOwners = new Map<number, string>();
  /** What was said last of a server that owns nothing. */
  #lastLine = "";

  constructor(log: Log, ownId: string) {
    this.#log = log;
    this.#ownId = ownId;
  }

  /** @param hasSlots whether any are this member's */
  learns(facts: ClusterFacts, hasSlots: boolean): void {
    this.#facts = facts;
    for (const { partition, ownerId } of facts.partitions)
      if (ownerId !== undefined && ownerId !== this.#ownId)
        this.#lastOwners.set(partition, nameOf(facts, ownerId));
    if (hasSlots || facts.partitions.some(({ ownerId }) => ownerId === this.#ownId)) return;
    const line = `Standing by: ${ownersOf(facts)}`;
    if (line !== this.#lastLine) this.#log(line);
    this.#lastLine = line;
  }

  granted(partition: number, epoch: number): void {
    const last = this.#lastOwners.get(partition);
    const why = last === undefined ? "no server owns them" : `${last} no longer owns them`;
    this.#log(`Taking over ${this.#slots(partition)} at epoch ${epoch}: ${why}`);
    this.#lastLine = "";
  }

  serves(partition: number, epoch: number, tookMs: number, position: number): void {
    this.#log(
      `Owner of ${this.#slots(partition)} at epoch ${epoch}, position ${position}: ready ${tookMs.toFixed(0)} ms after the grant`,
    );
    this.#lastOwners.set(partition, "this server");
  }

  ended(partition: number, why: LeaseEnd, wasServing: boolean): void {
    const then = wasServing
      ? "; connections that wait for commits are closed, what was not answered has an unknown outcome"
      : "";
    this.#log(`No longer the owner of ${this.#slots(partition)}: ${ENDS[why]}${then}`, "warning");
  }

  handsOver(partition: number): void {
    this.#log(`All is committed: ${this.#slots(partition)} are released for another server`);
  }

  lost(partition: number, error: Error): void {
    this.#log(`The store of ${this.#slots(partition)} is lost to this server: ${error.message}`, "warning");
  }

  failed(partition: number, error: unknown): void {
    this.#log(
      `This server cannot serve ${this.#slots(partition)}: ${messageOf(error)}; another server may try`,
      "warning",
    );
  }

  trouble(error: Error, isOwner: boolean): void {
    const until = isOwner ? "; this server stops serving when its leases end" : "";
    this.#log(`The database does not answer: ${messageOf(error)}${until}`, "warning");
  }

  recovered(): void {
    this.#log("The database answers again");
  }

  #slots(partition: number): string {
    const { partitions } = this.#facts;
    const found = partitions.find((known) => known.partition === partition);
    const slots = `the slots ${found?.firstSlot}-${found?.lastSlot}`;
    return partitions.length === 1 ? slots : `${slots} (partition ${partition})`;
  }
}

/** Who owns the slots where this server owns none. */
function ownersOf(facts: ClusterFacts): string {
  const { partitions } = facts;
  const owned = partitions.filter(({ ownerId }) => ownerId !== undefined);
  const [first] = owned;
  if (first?.ownerId === undefined) return "no server owns the slots";
  if (partitions.length === 1) return `${nameOf(facts, first.ownerId)} owns the slots, epoch ${first.epoch}`;
  const owners = new Set(owned.map(({ ownerId }) => ownerId));
  return `${owners.size} other servers own ${owned.length} of ${partitions.length} partitions`;
}

function nameOf(facts: ClusterFacts, id: string): string {
  const member = facts.members.find((known) => known.id === id);
  return member === undefined
    ? id.slice(0, 8)
    : `${member.host}:${member.port === 0 ? member.tlsPort : member.port} (${id.slice(0, 8)})`;
}
