/**
 * Three servers in the process of the test that clients take for a cluster: one owns all slots, the others stand by. The
 * store is shared, and what a member loop does by the database the test does by hand.
 */
import type { ClusterState } from "../../src/cluster/view.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { member, partitionOf, viewOf } from "./cluster-view.ts";
import { freePort } from "./free-port.ts";
import { localBus } from "./local-bus.ts";
import { startTestServer, type TestServer } from "./server.ts";

const LETTERS = ["a", "b", "c"] as const;
type Letter = (typeof LETTERS)[number];
const NEXT: Readonly<Record<Letter, Letter>> = { a: "b", b: "c", c: "a" };

export interface FakeCluster {
  readonly ownerPort: number;
  /** All ports, those of standbys first: clients find the owner by themselves. */
  readonly ports: readonly number[];
  /** The owner's connections break; for a while nobody owns the slots; then another member does. */
  takeOver(by?: Letter): Promise<void>;
  close(): Promise<void>;
}

export async function startFakeCluster(): Promise<FakeCluster> {
  const ports = new Map<Letter, number>();
  for (const letter of LETTERS) ports.set(letter, await freePort());
  const portOf = (letter: Letter): number => ports.get(letter) ?? 0;
  const members = LETTERS.map((letter) => member(letter, portOf(letter)));
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const bus = localBus();
  const buses = new Map(LETTERS.map((letter) => [letter, bus()]));
  const views = new Map<Letter, ClusterState>();
  const servers = new Map<Letter, TestServer>();
  let owner: Letter = "a";
  let epoch = 1;

  const begin = async (letter: Letter, role: "owner" | "standby"): Promise<void> => {
    const view = viewOf(letter, { members, owner, epoch });
    views.set(letter, view);
    const own = buses.get(letter);
    servers.set(
      letter,
      await startTestServer({
        cluster: view,
        port: portOf(letter),
        ...(own === undefined ? {} : { bus: own }),
        ...(role === "owner" ? { store } : {}),
      }),
    );
  };
  const say = (ownedBy: Letter | undefined): void => {
    for (const view of views.values()) view.update({ members, partitions: [partitionOf(ownedBy, epoch)] });
  };
  const takeOver = async (by: Letter = NEXT[owner]): Promise<void> => {
    const before = owner;
    views.get(before)?.forget(0);
    say(undefined);
    await servers.get(before)?.close();
    await servers.get(by)?.close();
    owner = by;
    epoch += 1;
    await begin(by, "owner");
    say(by);
    await begin(before, "standby");
  };

  for (const letter of LETTERS) await begin(letter, letter === owner ? "owner" : "standby");
  return {
    get ownerPort() {
      return portOf(owner);
    },
    get ports() {
      return [...LETTERS].sort((letter) => (letter === owner ? 1 : -1)).map(portOf);
    },
    takeOver,
    close: async () => {
      for (const server of servers.values()) await server.close();
    },
  };
}
