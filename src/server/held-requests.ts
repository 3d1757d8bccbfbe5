/** Requests that CLIENT PAUSE holds back, one a connection: what comes behind it waits with it. */
import type { ServerContext } from "../commands/server-context.ts";
import type { Dispatcher } from "./dispatch.ts";
import type { Endpoint } from "./executor.ts";

export class HeldRequests {
  readonly #server: ServerContext;
  readonly #dispatcher: Dispatcher;
  readonly #held = new Map<Endpoint, readonly Buffer[]>();

  constructor(server: ServerContext, dispatcher: Dispatcher) {
    this.#server = server;
    this.#dispatcher = dispatcher;
  }

  get size(): number {
    return this.#held.size;
  }

  /** The endpoint's next request, unless it is held back. */
  next(endpoint: Endpoint, nowMs: number): readonly Buffer[] | undefined {
    const { pause } = this.#server;
    // Nearly always there is no pause and nobody held back.
    if (this.#held.size === 0 && pause.untilMs === 0) return endpoint.nextRequest();
    const args = this.#held.get(endpoint) ?? endpoint.nextRequest();
    const mode = pause.modeAt(nowMs);
    if (args !== undefined && mode !== undefined && this.#dispatcher.mustWait(endpoint.session, args, mode)) {
      // The bytes may lie in a chunk of the socket's that the wait would pin.
      if (!this.#held.has(endpoint))
        this.#held.set(
          endpoint,
          args.map((arg) => Buffer.from(arg)),
        );
      return undefined;
    }
    if (this.#held.size > 0) this.#held.delete(endpoint);
    return args;
  }

  /** Those that may go on: all, when the pause has ended. */
  released(nowMs: number): Iterable<Endpoint> {
    return this.#server.pause.modeAt(nowMs) === undefined ? this.#held.keys() : [];
  }

  forget(endpoint: Endpoint): void {
    this.#held.delete(endpoint);
  }
}
