/**
 * What the request at hand has to say to sessions, its own or others, beside its reply: messages of channels and
 * invalidations. The executor takes it after each request, so that all a session is sent keeps the order in which it
 * came about, and sends it after the commit.
 */

import type { BusMessage } from "../cluster/message-bus.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Session } from "./session.ts";

export interface Push {
  readonly receiver: Session;
  readonly reply: Reply;
  /** True when it tells of what the turn has done: it must not leave if the turn's commit fails. */
  readonly dependsOnCommit: boolean;
}

export class PushQueue {
  #pushes: Push[] = [];
  /** Messages for subscribers at other servers of a cluster. */
  #spread: BusMessage[] = [];

  get isEmpty(): boolean {
    return this.#pushes.length === 0 && this.#spread.length === 0;
  }

  /** Adds a message for the other servers; it leaves only if what the turn has done is committed. */
  spread(message: BusMessage): void {
    this.#spread.push(message);
  }

  /** All messages for other servers, in order. */
  takeSpread(): readonly BusMessage[] {
    if (this.#spread.length === 0) return NOTHING;
    const taken = this.#spread;
    this.#spread = [];
    return taken;
  }

  get size(): number {
    return this.#pushes.length;
  }

  /** Those behind the first `count`. */
  since(count: number): readonly Push[] {
    return this.#pushes.slice(count);
  }

  /** Drops those behind the first `count`: what had them to say was taken back. */
  truncate(count: number): void {
    this.#pushes.length = Math.min(this.#pushes.length, count);
  }

  add(push: Push): void {
    this.#pushes.push(push);
  }

  /** All there are, in order; the queue is empty then. */
  take(): readonly Push[] {
    const taken = this.#pushes;
    this.#pushes = [];
    return taken;
  }
}

const NOTHING: readonly BusMessage[] = [];
