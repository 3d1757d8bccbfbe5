/** A server that machines are migrated on, and what happens to them in every random order of steps. */
import fc from "fast-check";
import { expect } from "vitest";
import { LastingServer } from "../../support/lasting-server.ts";
import { fields, rows } from "../../support/machines.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";

/** So small that a few commands fill a journal and begin a checkpoint. */
const LIMITS = { journalBytesMax: 4000, tableBytesMax: 6000, derivedBytesMax: 8000, cacheBytesMax: 4000 };

/** How many versions of `m` there are: `m:v1` and so on. */
const VERSIONS = 3;

export class World extends LastingServer {
  constructor() {
    super({ limits: LIMITS });
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.call("PING");
    await this.call("PING");
  }

  /** What SM.INFO, SM.HISTORY, SM.PENDING and SM.NEXT say of a machine at one moment: a job's part may come before any command. */
  async look(key: string) {
    await this.call("MULTI");
    await this.call("SM.INFO", key);
    await this.call("SM.HISTORY", key, "-", "+");
    await this.call("SM.PENDING", key);
    await this.call("SM.NEXT", key);
    const replies = (await this.call("EXEC")) as Decoded[];
    const [info = null, history = null, pending = null, next = null] = replies;
    return { info: fields(info), history: rows(history), pending: rows(pending), next: rows(next) };
  }

  async untilEnded(id: Decoded): Promise<void> {
    for (let turn = 0; turn < 200; turn += 1) {
      const { status } = fields(await this.call("SM.MIGRATION", "STATUS", String(id)));
      if (status === "DONE" || status === "UNDONE" || status === undefined) return;
      await this.pass(1000);
    }
    throw new Error("the migration does not end");
  }

  /** Of a definition `m:v1` it is 0. */
  versionOf(definition: Decoded | undefined): number {
    return Number(String(definition).slice("m:v".length)) - 1;
  }
}

/** Steps that machines of some keys go through whatever their definitions are. */
export function stepsOf(keys: readonly string[]) {
  const key = fc.constantFrom(...keys);
  return {
    wait: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, 1000, 4000, 21_000) }),
    migrate: fc.record({ kind: fc.constant("migrate" as const), key }),
    start: fc.record({ kind: fc.constant("start" as const), rate: fc.constantFrom(1, 100) }),
    crash: fc.record({ kind: fc.constant("crash" as const) }),
    suspend: fc.record({ kind: fc.constant("suspend" as const), key }),
  };
}

type Steps = ReturnType<typeof stepsOf>;
type Step = Steps[keyof Steps] extends fc.Arbitrary<infer Value> ? Value : never;

export async function take(world: World, step: Step): Promise<void> {
  switch (step.kind) {
    case "wait":
      await world.pass(step.ms);
      break;
    case "migrate": {
      const next = world.versionOf(fields(await world.call("SM.INFO", step.key))["definition"]) + 2;
      if (next <= VERSIONS)
        expect(await world.call("SM.MIGRATE", step.key, `m:v${next}`)).not.toBeInstanceOf(ReplyFailure);
      break;
    }
    case "start":
      // Over all maps; one that runs already refuses a second.
      await world.call("SM.MIGRATION", "START", "m", `m:v${VERSIONS}`, "RATE", step.rate);
      break;
    case "crash":
      await world.crash();
      break;
    case "suspend":
      await world.call("SM.SUSPEND", step.key);
      await world.pass(1);
      await world.call("SM.RESUME", step.key);
      break;
  }
}
