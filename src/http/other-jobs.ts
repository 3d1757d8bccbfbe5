/**
 * Bulk jobs that other servers of a cluster run. A job lives in the memory of the server that was asked for it; so that others can answer
 * for it, also when that server has ended, each says how its jobs stand: while one of them is open at most once a second.
 */
import { deserialize, serialize } from "node:v8";
import type { JsonObject } from "../base/json.ts";
import type { MessageBus } from "../cluster/message-bus.ts";
import type { ClusterMember, ClusterView } from "../cluster/view.ts";
import { portFor } from "../commands/cluster/topology.ts";

/** Jobs of other servers that are remembered; the oldest of them are forgotten first. */
const KNOWN_MAX = 200;

/** Digits of a server's id that are enough to tell servers apart. */
const MEMBER_DIGITS = 8;

/** Of a cluster each server has jobs of its own, whose ids tell which server it is. */
export function jobIdAt(memberId: string, number: number): string {
  return `${number}-${memberId.slice(0, MEMBER_DIGITS)}`;
}

/** A job as its server says it stands. */
export interface ToldJob {
  readonly id: string;
  readonly user: string;
  readonly database: number;
  readonly isOpen: boolean;
  /** As it answers who asks for the job. */
  readonly summary: JsonObject;
}

interface KnownJob extends ToldJob {
  readonly memberId: string;
}

export interface OtherJob {
  readonly memberId: string;
  /** Undefined where its server has not said yet how it stands. */
  readonly summary: JsonObject | undefined;
  /** Where it is asked for; undefined where its server has ended. */
  readonly address: string | undefined;
}

export class OtherJobs {
  readonly #bus: MessageBus;
  readonly #cluster: ClusterView;
  readonly #known = new Map<string, KnownJob>();
  readonly #endListening: () => void;
  #said = "";

  constructor(bus: MessageBus, cluster: ClusterView) {
    this.#bus = bus;
    this.#cluster = cluster;
    this.#endListening = bus.onMessages((messages) => {
      for (const { kind, channel, message } of messages)
        if (kind === "jobs") this.#take(channel.toString("latin1"), deserialize(message));
    });
  }

  /** Says how the jobs of this server stand, if that has changed. */
  tell(jobs: readonly ToldJob[]): void {
    const said = JSON.stringify(jobs);
    if (said === this.#said) return;
    this.#said = said;
    const channel = Buffer.from(this.#cluster.ownId, "latin1");
    this.#bus.send([{ kind: "jobs", channel, message: serialize(jobs) }]);
  }

  /** How a job of another server stands, as it has answered. */
  learn(memberId: string, job: ToldJob): void {
    this.#take(memberId, [job]);
  }

  /** The jobs of a user as they stand. */
  list(user: string, database: number): readonly JsonObject[] {
    return [...this.#known.values()]
      .filter((job) => job.user === user && job.database === database)
      .map((job) => this.#seen(job).summary);
  }

  find(id: string, user: string): OtherJob | undefined {
    const job = this.#known.get(id);
    if (job !== undefined) return job.user === user ? this.#seen(job) : undefined;
    const digits = /^\d+-(.+)$/.exec(id)?.[1];
    const member = this.#cluster.members.find(
      (one) => one.isAlive && one.id !== this.#cluster.ownId && one.id.slice(0, MEMBER_DIGITS) === digits,
    );
    return member && { memberId: member.id, summary: undefined, address: addressOf(member) };
  }

  close(): void {
    this.#endListening();
  }

  #take(memberId: string, jobs: readonly ToldJob[]): void {
    for (const job of jobs) {
      this.#known.delete(job.id);
      this.#known.set(job.id, { ...job, memberId });
    }
    for (const id of this.#known.keys()) {
      if (this.#known.size <= KNOWN_MAX) break;
      this.#known.delete(id);
    }
  }

  #seen({ memberId, isOpen, summary }: KnownJob): OtherJob & { readonly summary: JsonObject } {
    const member = this.#cluster.members.find(({ id, isAlive }) => id === memberId && isAlive);
    const address = member && addressOf(member);
    if (member !== undefined || !isOpen)
      return { memberId, summary: { ...summary, server: address ?? null }, address };
    const { done, unchanged, refused, machines } = summary;
    const seen = Number(done) + Number(unchanged) + Number(refused);
    const fault = `the server that ran it has ended; when it was last heard of, ${seen} of ${String(machines)} machines had had their turn`;
    return { memberId, summary: { ...summary, status: "failed", fault, isUndoable: false }, address };
  }
}

function addressOf(member: ClusterMember): string {
  return `${member.host}:${portFor({ isSecure: false }, member)}`;
}
