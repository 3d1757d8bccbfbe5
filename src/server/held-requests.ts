/**
 * Requests that are held back, one a connection: what comes behind it waits with it. CLIENT PAUSE does that, and a
 * store that does not keep up with what is written: whoever writes then waits for the disk, and readers do not.
 */
import type { PauseMode } from "../clients/pause.ts";
import { bytesOfArguments, copied } from "../commands/arguments.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Endpoint } from "./endpoint.ts";

export class HeldRequests {
  readonly #server: ServerContext;
  readonly #dispatcher: Dispatcher;
  readonly #held = new Map<Endpoint, readonly Buffer[]>();
  /** The sessions of these endpoints. */
  readonly #sessionIds = new Set<number>();

  constructor(server: ServerContext, dispatcher: Dispatcher) {
    this.#server = server;
    this.#dispatcher = dispatcher;
  }

  get size(): number {
    return this.#held.size;
  }

  isHeld(sessionId: number): boolean {
    return this.#sessionIds.has(sessionId);
  }

  /** The endpoint's next request, unless it is held back. */
  next(endpoint: Endpoint, nowMs: number): readonly Buffer[] | undefined {
    const { pause, partitions } = this.#server;
    // Nearly always there is no pause and nobody held back.
    if (this.#held.size === 0 && pause.untilMs === 0 && !partitions.isCongested)
      return endpoint.nextRequest();
    const args = this.#held.get(endpoint) ?? endpoint.nextRequest();
    const mode = this.mode(nowMs);
    if (args !== undefined && mode !== undefined && this.#dispatcher.mustWait(endpoint.session, args, mode)) {
      if (!this.#held.has(endpoint)) this.keep(endpoint, copied(args));
      return undefined;
    }
    if (this.#held.size > 0) this.forget(endpoint);
    return args;
  }

  /** The endpoint's next request is this one, of copied arguments, when nothing holds it back. */
  keep(endpoint: Endpoint, args: readonly Buffer[]): void {
    this.#held.set(endpoint, args);
    this.#sessionIds.add(endpoint.session.id);
    endpoint.session.waitingBytes = bytesOfArguments(args);
  }

  /** What is held back at a time: everything, what writes, or with undefined nothing. */
  mode(nowMs: number): PauseMode | undefined {
    const { pause, partitions } = this.#server;
    return pause.modeAt(nowMs) ?? (partitions.isCongested ? "write" : undefined);
  }

  /** Those that may go on: all, when nothing is held back any more. */
  released(nowMs: number): Iterable<Endpoint> {
    return this.mode(nowMs) === undefined ? this.#held.keys() : [];
  }

  forget(endpoint: Endpoint): void {
    if (!this.#held.delete(endpoint)) return;
    this.#sessionIds.delete(endpoint.session.id);
    endpoint.session.waitingBytes = 0;
  }
}
