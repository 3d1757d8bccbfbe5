/**
 * A request that runs others, EXEC or a script, over a store whose reads may miss: it may be run several times, and what
 * it has done beside the databases is then taken back (session, pushes) or done when its last run has ended (counts, logs). A
 * queued request that neither reads nor writes keys, such as PUBLISH or CLIENT KILL, is run once: later runs repeat what it answered.
 */
import type { Push } from "../clients/push-queue.ts";
import type { Session } from "../clients/session.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Reply } from "../protocol/reply.ts";

/** What a queued request that is run once has come to. */
interface Done {
  readonly reply: Reply;
  readonly session: Session;
  readonly pushes: readonly Push[];
  readonly effects: ReadonlyArray<() => void>;
}

type NestingServer = Pick<ServerContext, "pushes" | "scripts" | "functions">;

export class Nesting {
  readonly #session: Session;
  readonly #server: NestingServer;
  readonly #randomStates: readonly bigint[];
  readonly #before: Session;
  #effects: (() => void)[] = [];
  /** By the index in the queue. */
  readonly #done = new Map<number, Done>();
  #index = 0;
  readonly #draws: number[] = [];
  #drawIndex = 0;

  constructor(session: Session, server: NestingServer) {
    this.#session = session;
    this.#server = server;
    this.#randomStates = [server.scripts.randomState, server.functions.randomState];
    this.#before = { ...session };
  }

  /** Does something when the request has ended: what counts once, however often the request is run. */
  later(effect: () => void): void {
    this.#effects.push(effect);
  }

  /** A random number, the same in each run. */
  random(draw: () => number): number {
    const drawn = this.#draws[this.#drawIndex] ?? draw();
    this.#draws[this.#drawIndex] = drawn;
    this.#drawIndex += 1;
    return drawn;
  }

  /** Runs the next request of the queue, or repeats what it has come to. */
  run(isRepeatable: boolean, work: () => Reply): Reply {
    const index = this.#index;
    this.#index += 1;
    const known = this.#done.get(index);
    if (known !== undefined) return this.#repeat(known);
    const [pushCount, effectCount] = [this.#server.pushes.size, this.#effects.length];
    const reply = work();
    if (!isRepeatable) {
      const pushes = this.#server.pushes.since(pushCount);
      const effects = this.#effects.slice(effectCount);
      this.#done.set(index, { reply, session: { ...this.#session }, pushes, effects });
    }
    return reply;
  }

  /** A run has missed: all that it did beside the databases is taken back. */
  takeBack(): void {
    this.#become(this.#before);
    const { scripts, functions } = this.#server;
    [scripts.randomState = 0n, functions.randomState = 0n] = this.#randomStates;
    this.#effects = [];
    this.#index = 0;
    this.#drawIndex = 0;
  }

  /** The last run has ended. */
  end(): void {
    for (const effect of this.#effects.splice(0)) effect();
  }

  #repeat({ reply, session, pushes, effects }: Done): Reply {
    this.#become(session);
    for (const push of pushes) this.#server.pushes.add(push);
    this.#effects.push(...effects);
    return reply;
  }

  /** That the session has been ended meanwhile stays. */
  #become(session: Session): void {
    const isClosing = this.#session.isClosing || session.isClosing;
    Object.assign(this.#session, session, { isClosing });
  }
}
