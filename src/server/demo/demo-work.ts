/**
 * Runs SM.DEMO: stores definitions, makes machines and sends them events, a few a second. It does so as a client would, by a session
 * of its own, so that whatever a demo shows has gone the way that requests go.
 */
import { assert } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Session } from "../../clients/session.ts";
import type { DemoControl, DemoFacts } from "../../commands/demo-control.ts";
import type { ServerContext } from "../../commands/server-context.ts";
import type { Reply } from "../../protocol/reply.ts";
import { InnerSession, type Requests } from "../inner-session.ts";
import { chosen, type Demo, keyPrefix, MACHINES, type Random } from "./demo.ts";
import { DEMOS } from "./demos.ts";

/** Time between two rounds, and how many machines get an event in one. */
const ROUND_MS = 500;
const EVENTS = 2;
/** Rounds that are played at once, so that machines are in many states when the first person looks. */
const FIRST_ROUNDS = 3;
const BY = "demo";

export interface DemoOptions {
  readonly clock: Clock;
  readonly requests: Requests;
  /** Asked for when a demo begins: it knows this work itself. */
  readonly server: () => ServerContext;
}

export class DemoWork implements DemoControl {
  readonly #options: DemoOptions;
  #running: InnerSession | undefined;
  #cancel: () => void = () => undefined;

  constructor(options: DemoOptions) {
    this.#options = options;
  }

  begin(name: string, asker: Session): DemoFacts {
    const demo = DEMOS.find((one) => one.name === name);
    assert(demo !== undefined, `there is no demo ${name}`);
    this.close();
    const session = this.#sessionFor(asker);
    this.#running = session;
    void this.#play(demo, session);
    return { definition: demo.made, keys: `${keyPrefix(demo)}*`, machines: MACHINES };
  }

  stop(asker: Session): void {
    this.close();
    void removed(this.#sessionFor(asker));
  }

  close(): void {
    this.#cancel();
    this.#running?.close();
    this.#running = undefined;
  }

  #sessionFor({ user, database }: Session): InnerSession {
    const { requests, server } = this.#options;
    return new InnerSession({ server: server(), requests, name: "demo", user, database });
  }

  async #play(demo: Demo, session: InnerSession): Promise<void> {
    const { random } = this.#options.server();
    const keys = Array.from({ length: MACHINES }, (_, index) => `${keyPrefix(demo)}${index + 1}`);
    await session.runAll([
      ...demo.definitions.map(([id, document]) => ["SM.DEF", "CREATE", id, JSON.stringify(document)]),
      ...keys.map((key) => creation(demo, key, random)),
    ]);
    for (let round = 0; round < FIRST_ROUNDS; round += 1)
      await moved(
        demo,
        session,
        keys.filter(() => random() < 0.6),
        random,
      );
    this.#repeat(demo, session, keys);
  }

  /** A round after each pause, until the session ends. */
  #repeat(demo: Demo, session: InnerSession, keys: readonly string[]): void {
    if (session.isInputEnded) return;
    const { clock, server } = this.#options;
    const { random } = server();
    this.#cancel = clock.wakeAt(clock.now() + ROUND_MS, () => {
      const some = Array.from({ length: EVENTS }, () => keys[Math.floor(random() * keys.length)] ?? "");
      void moved(demo, session, some, random).then(() => this.#repeat(demo, session, keys));
    });
  }
}

function creation(demo: Demo, key: string, random: Random): readonly string[] {
  return ["SM.CREATE", key, demo.made, "CONTEXT", JSON.stringify(demo.context(random)), "BY", BY, "NX"];
}

/** Sends each machine, or the child that it waits for, an event; one that has come to its end makes room for a new one. */
async function moved(
  demo: Demo,
  session: InnerSession,
  keys: readonly string[],
  random: Random,
): Promise<void> {
  const states = await session.runAll(keys.map((key) => ["SM.STATE", key]));
  await session.runAll(
    keys.flatMap((key, index) => {
      const leaves = textsOf(states[index]);
      if (!leaves.some((leaf) => Object.hasOwn(demo.events, leaf)))
        return [["DEL", key], creation(demo, key, random)];
      if (leaves.includes("refunding")) return [sending(`{${key}}.refund`, demo.events["asked"], random)];
      const possible = leaves.flatMap((leaf) => demo.events[leaf] ?? []);
      return possible.length === 0 ? [] : [sending(key, possible, random)];
    }),
  );
}

function sending(key: string, events: Parameters<typeof chosen>[0] = [], random: Random): readonly string[] {
  const { event = "", data, reason } = chosen(events, random) ?? {};
  return [
    ...["SM.SEND", key, event],
    ...(data === undefined ? [] : [JSON.stringify(data(random, key))]),
    ...["BY", BY],
    ...(reason === undefined ? [] : ["REASON", reason]),
  ];
}

function textsOf(reply: Reply | undefined): readonly string[] {
  if (!Array.isArray(reply)) return [];
  return reply.map((item: Reply) =>
    typeof item === "object" && item !== null && "kind" in item && item.kind === "simple"
      ? item.text
      : String(item),
  );
}

/** Removes the machines of all demos, then their definitions, those first that others name. */
async function removed(session: InnerSession): Promise<void> {
  const keys = DEMOS.flatMap((demo) =>
    Array.from({ length: MACHINES }, (_, index) => `${keyPrefix(demo)}${index + 1}`),
  );
  await session.runAll(keys.map((key) => ["DEL", key]));
  await session.runAll(
    DEMOS.flatMap(({ definitions }) => definitions.toReversed().map(([id]) => ["SM.DEF", "DEL", id])),
  );
  session.close();
}
