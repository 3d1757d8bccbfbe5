/** A migration that runs while partitions go from server to server, as in a rolling restart: each machine moves once, and none stays. */
import { Cluster } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";

const JOB = { initial: "open", states: { open: { after: { "1h": "late" }, on: { STEP: {} } }, late: {} } };
const PARTITIONS = [0, 1, 2, 3, 4, 5];
const EACH = 10;

/** A partition goes from the server that has it to the next one. */
async function move(servers: SharedServers, number: number): Promise<void> {
  const index = servers.servers.findIndex(({ held }) => held.includes(number));
  await servers.lose(index, number);
  await servers.take((index + 1) % servers.servers.length, number);
}

test("a migration moves each machine once while all partitions change hands, and so does taking it back", async () => {
  const servers = await sharedInMemory();
  const connection = new Cluster([{ host: "127.0.0.1", port: servers.server(0).running.port }]);
  connection.on("error", () => undefined);
  onTestFinished(() => connection.disconnect());
  const client = createClient(connection);
  await client.define("job:v1", JOB);
  await client.define("job:v2", { ...JOB, context: { second: true } });
  const keys = PARTITIONS.flatMap((number) =>
    Array.from({ length: EACH }, (_, index) => servers.keyOf(number, `job${index}`)),
  );
  await Promise.all(keys.map((key) => client.create(key, "job:v1")));
  const id = await client.migrations.start({ from: "job:v1", to: "job:v2" }, { rate: 60 });
  let moves = 0;
  /** Until it has come to its end, and at least once for each partition. */
  const until = async (status: string): Promise<void> => {
    moves = 0;
    while (moves < PARTITIONS.length || (await client.migrations.status(id)).status !== status) {
      await move(servers, moves % PARTITIONS.length);
      moves += 1;
    }
  };
  await until("DONE");
  expect(await client.migrations.status(id)).toMatchObject({ moved: keys.length, held: 0, left: 0 });
  expect(await client.countBy("version")).toEqual({ "job:v2": keys.length });
  for (const key of keys) {
    const history = await client.history(key);
    expect(history.map(({ rev }) => rev)).toEqual([1, 2]);
    expect((await client.pending(key)).map(({ kind }) => kind)).toEqual(["timer"]);
  }
  await client.migrations.undo(id);
  await until("UNDONE");
  expect(await client.migrations.status(id)).toMatchObject({ undone: keys.length, stayed: 0 });
  expect(await client.countBy("version")).toEqual({ "job:v1": keys.length });
  await vi.waitFor(async () => expect(await client.verify()).toEqual([]));
}, 120_000);
