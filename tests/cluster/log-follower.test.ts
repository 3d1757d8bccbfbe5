/**
 * The log of the cluster, followed by several servers: at random they create and remove definitions and make machines, while
 * statements are delayed or lost and partitions change hands.
 */
import { describe, expect, test } from "vitest";
import { findDefinition, listDefinitions, machineCountOf } from "../../src/machines/definitions.ts";
import { count, PARTITIONS, type Reply, SERVERS, type Server, settled, shown, World } from "./log-world.ts";

const CLIENTS = 4;
const NAMES = 3;

/** What clients were answered. Each has names of its own, so that what it was answered last is what there is. */
class Clients {
  readonly #world: World;
  readonly #acknowledged = new Map<string, string | undefined>();
  /** A change of these may still come. */
  readonly #doubtful = new Set<string>();
  doneCount = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async run(index: number): Promise<void> {
    const world = this.#world;
    for (let turn = 0; turn < 25; turn += 1) {
      await world.time.sleep(world.index(40));
      const server = world.servers[world.index(SERVERS)] as Server;
      const name = `d${index}_${world.index(NAMES)}`;
      if (world.random() < 0.3) server.machine(name);
      const document = world.random() < 0.4 ? undefined : `{"v":${turn}}`;
      const reply = document === undefined ? await server.remove(name) : await server.create(name, document);
      this.#answered(name, document, reply);
    }
  }

  #answered(name: string, document: string | undefined, reply: Reply): void {
    if (reply === "unknown") this.#doubtful.add(name);
    if (reply !== "done") return;
    this.doneCount += 1;
    this.#acknowledged.set(name, document);
    const served = this.#world.servers.flatMap(({ held }) => [...held]);
    for (const partition of served) this.#expectIn(partition, name);
  }

  /** All that was acknowledged is in a partition. */
  expectAllIn(partition: number): void {
    for (const name of this.#acknowledged.keys()) this.#expectIn(partition, name);
  }

  #expectIn(partition: number, name: string): void {
    if (this.#doubtful.has(name)) return;
    const found = findDefinition(this.#world.db(partition), name, "v1");
    expect(found?.document, `${name} in partition ${partition}`).toBe(this.#acknowledged.get(name));
  }
}

async function move(world: World): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) {
    await world.time.sleep(world.index(60));
    const partition = world.index(PARTITIONS);
    for (const server of world.servers) if (world.random() < 0.5) server.lose(partition);
    await world.servers[world.index(SERVERS)]?.take(partition);
  }
}

/** Each server takes its share, one after the other. */
async function share(servers: readonly Server[]): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition += 1)
    await servers[partition % servers.length]?.take(partition);
}

function expectDefinitionsOfMachines(world: World, partition: number): void {
  const db = world.db(partition);
  for (let index = 0; index < CLIENTS * NAMES; index += 1) {
    const name = `d${Math.floor(index / NAMES)}_${index % NAMES}`;
    if (machineCountOf(db, { name, version: "v1" }) === 0) continue;
    expect(findDefinition(db, name, "v1"), `${name}, which machines need`).toBeDefined();
  }
}

describe("the log of a cluster", () => {
  test.each([11, 12, 13, 14, 15, 16, 17, 18])(
    "copies are equal and hold what was acknowledged, under delays, losses and takeovers (seed %i)",
    async (seed) => {
      const world = new World(seed);
      const clients = new Clients(world);
      const everything = async (): Promise<void> => {
        await share(world.servers);
        world.isLossy = true;
        const running = Array.from({ length: CLIENTS }, (_, index) => clients.run(index));
        await Promise.all([...running, move(world)]);
        await settled(world);
      };
      await world.time.during(everything());
      for (const server of world.servers) server.follower.stop();
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        expect(shown(world, partition)).toEqual(shown(world, 0));
        clients.expectAllIn(partition);
        expectDefinitionsOfMachines(world, partition);
      }
      expect(clients.doneCount).toBeGreaterThan(20);
    },
  );

  test("submit() refuses of two definitions with one name the one that comes second", async () => {
    const world = new World(1);
    world.isLossy = false;
    const [a, b] = world.servers as [Server, Server];
    const both = async () => {
      await share([a, b]);
      const same = await Promise.all([a.create("same", "{}"), b.create("same", "{}")]);
      const other = await Promise.all([a.create("other", "1"), b.create("other", "2")]);
      return { same, other: other.toSorted() };
    };
    expect(await world.time.during(both())).toEqual({ same: ["done", "done"], other: ["done", "refused"] });
  });

  test("submit() refuses to remove what a machine of another server's partition needs, and it stays usable", async () => {
    const world = new World(2);
    world.isLossy = false;
    const [a, b] = world.servers as [Server, Server];
    const work = async () => {
      await a.take(0);
      for (let partition = 1; partition < PARTITIONS; partition += 1) await b.take(partition);
      const created = await a.create("door", "{}");
      world.change(3, (db) => count(db, "door", 2));
      const removed = await a.remove("door");
      world.change(3, (db) => count(db, "door", 0));
      return [created, removed, await a.remove("door")];
    };
    expect(await world.time.during(work())).toEqual(["done", "refused", "done"]);
    for (let partition = 0; partition < PARTITIONS; partition += 1)
      expect(listDefinitions(world.db(partition))).toEqual([]);
  });

  test("add() applies what was acknowledged while the partition had no owner, and trim() keeps it until then", async () => {
    const world = new World(3);
    world.isLossy = false;
    const [a, b] = world.servers as [Server, Server];
    const work = async () => {
      for (let partition = 0; partition < PARTITIONS - 1; partition += 1) await a.take(partition);
      for (let index = 0; index < 5; index += 1) await a.create(`d${index}`, "{}");
      await world.time.sleep(500);
      const keptWhileBehind = world.log.entries.length;
      await b.take(PARTITIONS - 1);
      const found = listDefinitions(world.db(PARTITIONS - 1)).length;
      await world.time.sleep(500);
      return { keptWhileBehind, found, keptAfterwards: world.log.entries.length };
    };
    expect(await world.time.during(work())).toEqual({ keptWhileBehind: 5, found: 5, keptAfterwards: 1 });
  });
});
