/** What a server says of each partition that it holds: INFO, /metrics and SM.VERIFY. */
import { expect, onTestFinished, test } from "vitest";
import { request } from "../support/http.ts";
import { fields } from "../support/machines.ts";
import { startPartitionedServer } from "../support/partitioned-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const NODE = {
  initial: "on",
  context: { next: "", got: 0 },
  states: {
    on: {
      on: {
        GO: { actions: [{ send: { to: "context.next", event: "GOT" } }] },
        GOT: { actions: [{ assign: { got: "context.got + 1" } }] },
      },
    },
  },
};

test("INFO, /metrics and SM.VERIFY tell of keys and letters by partition", async () => {
  const server = await startPartitionedServer({ clock: new VirtualClock(), http: true });
  onTestFinished(() => server.close());
  server.define("node", NODE);
  const client = await server.client();
  const [from, to] = [server.part(0).key("a"), server.part(2).key("b")];
  await client.call("SM.CREATE", from, "node", "CONTEXT", JSON.stringify({ next: to }));
  await client.call("SM.CREATE", to, "node");
  for (const id of ["1", "2", "3"]) await client.call("SM.SEND", from, "GO", "ID", id);
  await expect.poll(async () => JSON.parse(String(await client.call("SM.CONTEXT", to))).got).toBe(3);
  expect(await client.call("SM.VERIFY")).toEqual([]);
  server.leave(1);
  const info = String(await client.call("INFO", "cluster"));
  const lines = info.split("\r\n").filter((line) => line.startsWith("partition_"));
  const shown = lines.map((line) =>
    fields((line.split(":")[1] ?? "").split(",").flatMap((fact) => fact.split("="))),
  );
  expect(lines.map((line) => line.split(":")[0])).toEqual(["partition_0", "partition_1", "partition_2"]);
  expect(shown).toMatchObject([
    { slots: "0-5461", served: "1", letters_written: "3", letters_taken: "0", letters_waiting: "0" },
    { slots: "5462-10922", served: "0", keys: "0", letters_written: "0", letters_taken: "0" },
    { slots: "10923-16383", served: "1", epoch: "1", letters_written: "0", letters_taken: "3" },
  ]);
  const { body } = await request(server.url, "/metrics");
  for (const line of [
    'detent_partition_served{partition="0"} 1',
    'detent_partition_served{partition="1"} 0',
    'detent_partition_keys{partition="1"} 0',
    'detent_letters_written_total{partition="0"} 3',
    'detent_letters_taken_total{partition="2"} 3',
    'detent_letters_waiting{partition="0"} 0',
    "detent_requests_held 0",
  ])
    expect(body.split("\n")).toContain(line);
});
