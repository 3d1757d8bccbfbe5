/**
 * Requests and waiters that have missed: each is run again when what it needs is loaded. The later requests of its connection
 * wait, those of others do not, but for those that would take what a waiter in front of them is about to take.
 */
import { bytesOfArguments, copied } from "../commands/arguments.ts";
import type { ServerContext } from "../commands/server-context.ts";
import * as errors from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import type { Dispatcher, Missing, Outcome } from "./dispatcher.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Loaded, type LoadLimits, Loads } from "./loads.ts";
import type { Turn } from "./turn.ts";
import type { Waiter, Waiters } from "./waiters.ts";

/** A request of an endpoint that has missed. */
interface LoadingRequest {
  readonly args: readonly Buffer[];
  readonly missing: Missing;
}

export interface MissedRequestsOptions {
  readonly server: ServerContext;
  readonly dispatcher: Dispatcher;
  readonly waiters: Waiters;
  readonly limits: LoadLimits;
  /** The endpoint's request is to be run again, before any other. */
  readonly onLoaded: (endpoint: Endpoint, args: readonly Buffer[]) => void;
}

export class MissedRequests {
  readonly #options: MissedRequestsOptions;
  readonly #loads: Loads<Endpoint, LoadingRequest>;
  readonly #waiterLoads: Loads<Waiter, undefined>;

  constructor(options: MissedRequestsOptions) {
    const { limits, onLoaded, waiters } = options;
    this.#options = options;
    this.#loads = new Loads(limits, (endpoint, { args }) => onLoaded(endpoint, args));
    this.#waiterLoads = new Loads(limits, (waiter) => waiters.loaded(waiter));
  }

  /** True while no request of the endpoint can run, as one waits to be loaded. */
  isLoading(endpoint: Endpoint): boolean {
    return this.#loads.size > 0 && this.#loads.isLoading(endpoint);
  }

  /** The endpoint is gone. */
  forget(endpoint: Endpoint): void {
    this.#loads.end(endpoint);
    for (const waiter of this.#waiterLoads.keys())
      if (waiter.endpoint === endpoint) this.#waiterLoads.end(waiter);
  }

  /** The waiter is answered. */
  end(waiter: Waiter): void {
    this.#waiterLoads.end(waiter);
  }

  /** Undefined when the request has missed: it is run again when that is loaded. */
  run(endpoint: Endpoint, args: readonly Buffer[], turn: Turn): Outcome | undefined {
    const { dispatcher } = this.#options;
    const { session } = endpoint;
    const again = this.#loads.size === 0 ? undefined : this.#loads.find(endpoint);
    let outcome: Outcome;
    if (again === undefined) {
      session.lastRequestAtMs = turn.nowMs;
      session.requestCount += 1;
      if (this.#comesBetween(endpoint, args)) return undefined;
      outcome = dispatcher.dispatch(session, args, turn);
    } else {
      const { missing } = again.work;
      // Of a partition that is gone nothing can be loaded: run again, the request is sent to where that is.
      const isGone = !this.#options.server.partitions.all.includes(missing.partition);
      outcome =
        again.outcome.kind === "loaded" || isGone
          ? missing.again(turn)
          : missing.refuse(this.#refusalOf(again.outcome, missing.name));
    }
    const { missing } = outcome;
    if (missing === undefined) {
      if (again !== undefined) this.#endLoad(endpoint);
      return outcome;
    }
    session.waitingBytes = bytesOfArguments(args);
    this.#loads.begin(endpoint, { args: missing.args, missing }, missing.misses);
    return undefined;
  }

  /** True for a request that has to wait until something it may touch is taken, by who waits for that and has missed. */
  #comesBetween(endpoint: Endpoint, args: readonly Buffer[]): boolean {
    const { dispatcher, waiters } = this.#options;
    const { session } = endpoint;
    const keys = waiters.keysToTake;
    if (keys.size === 0 || !dispatcher.touches(session, args, keys)) return false;
    const kept = copied(args);
    session.waitingBytes = bytesOfArguments(kept);
    const missing: Missing = {
      name: session.lastCommand,
      partition: this.#options.server.partitions.home,
      args: kept,
      misses: [new NotLoaded(() => waiters.untilLoaded())],
      again: (turn) => dispatcher.dispatch(session, kept, turn),
      refuse: (error) => {
        const reply = { kind: "error", message: error.message } as const;
        return { reply, protocol: session.protocol, dependsOnCommit: false, waiting: undefined };
      },
    };
    this.#loads.begin(endpoint, { args: kept, missing }, missing.misses);
    return true;
  }

  #endLoad(endpoint: Endpoint): void {
    this.#loads.end(endpoint);
    endpoint.session.waitingBytes = 0;
  }

  /** Asks a waiter again; undefined when it goes on waiting, or has missed. */
  ask(waiter: Waiter, turn: Turn): Reply | undefined {
    const { server, waiters } = this.#options;
    const loaded = this.#waiterLoads.find(waiter)?.outcome;
    if (loaded !== undefined && loaded.kind !== "loaded")
      return waiter.request.refuse(this.#refusalOf(loaded, waiter.request.name));
    const pushCount = server.pushes.size;
    try {
      const reply = waiters.resume(waiter, turn);
      if (loaded !== undefined) this.#waiterLoads.end(waiter);
      return reply;
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      server.pushes.truncate(pushCount);
      waiters.load(waiter);
      this.#waiterLoads.begin(waiter, undefined, [error]);
      return undefined;
    }
  }

  /** Why work is not run again whose load has not ended well. */
  #refusalOf(loaded: Exclude<Loaded, { readonly kind: "loaded" }>, command: string): ReplyError {
    if (loaded.kind === "failed") return errors.notReadable(loaded.reason);
    return errors.needsTooMuch(command, this.#options.limits.bytesMax);
  }
}
