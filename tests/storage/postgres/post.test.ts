/** Letters between partitions in PostgreSQL. */
import { describe, expect, onTestFinished, test } from "vitest";
import { PostgresLeases } from "../../../src/cluster/database.ts";
import { Line } from "../../../src/storage/postgres/connection.ts";
import { Ownership } from "../../../src/storage/postgres/ownership.ts";
import { MAIL_CHANNEL, PostgresPost, PostHints } from "../../../src/storage/postgres/post.ts";
import { createSchema } from "../../../src/storage/postgres/schema.ts";
import { connectedTo, useClusterDatabase } from "../../support/cluster-database.ts";
import { noPostgres } from "../../support/postgres.ts";

const LIMITS = { countMax: 10, bytesMax: 1000 };

describe.skipIf(noPostgres !== undefined)("the post", () => {
  const database = useClusterDatabase();

  /** The posts of three partitions of one process, each owned in epoch 1. */
  async function posts() {
    const url = await database.schema();
    const client = await connectedTo(url);
    await createSchema(client, 3);
    await client.query("update detent_partition set owner = 'me', epoch = 1");
    const line = new Line({ url, name: "test" });
    onTestFinished(() => line.close());
    const hints = new PostHints();
    const postOf = (partition: number) =>
      new PostgresPost(line, new Ownership({ partition, owner: "me", epoch: 1 }), hints);
    return { url, client, all: [postOf(0), postOf(1), postOf(2)] as const };
  }

  function letter(target: number, sequence: number, text = `${target}.${sequence}`) {
    return { target, sequence, record: Buffer.from(text) };
  }

  test("hands out letters by source and in order, behind what was taken, until they are removed", async () => {
    const { all } = await posts();
    const [first, second, third] = all;
    let hints = 0;
    third.onHint(() => {
      hints += 1;
    });
    expect(await first.put([letter(2, 1), letter(1, 1), letter(2, 2)])).toEqual(new Map());
    expect(await second.put([letter(2, 1, "other")])).toEqual(new Map());
    expect(hints).toBe(2);
    const from = (zero: number, one: number) =>
      new Map([
        [0, zero],
        [1, one],
      ]);
    const taken = await third.take(from(0, 0), LIMITS);
    expect(taken.map(({ source, sequence, record }) => `${source}:${sequence}:${record}`)).toEqual([
      ...["0:1:2.1", "0:2:2.2", "1:1:other"],
    ]);
    expect(await third.take(from(1, 0), { ...LIMITS, bytesMax: 1 })).toHaveLength(1);
    expect(await third.take(from(0, 0), { ...LIMITS, countMax: 1 })).toHaveLength(2);
    await third.remove(from(1, 0));
    expect(await third.take(from(0, 1), LIMITS)).toMatchObject([{ source: 0, sequence: 2 }]);
    expect(await first.put([letter(2, 3)])).toEqual(new Map([[2, 2]]));
  });

  test("says at once for which partitions of other processes there are letters, and for its own to itself", async () => {
    const { url, all } = await posts();
    const [first] = all;
    const far = new PostHints();
    const said: (string | undefined)[] = [];
    let heard: () => void = () => undefined;
    const leases = new PostgresLeases({
      ...{ url, id: "other", leaseMs: 2000, answerMs: 10_000, onHint: () => undefined },
      announcement: () => ({ host: "127.0.0.1", port: 1, tlsPort: 0, info: {} }),
      also: {
        channel: MAIL_CHANNEL,
        onSaid: (text) => {
          said.push(text);
          far.said(text);
          heard();
        },
      },
    });
    onTestFinished(() => leases.close());
    const next = () =>
      new Promise<void>((resolve) => {
        heard = resolve;
      });
    const toldOf: number[] = [];
    for (const partition of [1, 2]) far.listen(partition, () => toldOf.push(partition));
    await leases.see();
    // The connection is new: what may have come before it is looked for.
    expect([said.splice(0), toldOf.splice(0)]).toEqual([[undefined], [1, 2]]);
    let hearing = next();
    await first.put([letter(2, 1), letter(2, 2)]);
    await hearing;
    expect([said.splice(0), toldOf.splice(0)]).toEqual([["2"], [2]]);
    hearing = next();
    all[2].onHint(() => toldOf.push(22));
    await first.put([letter(2, 3), letter(1, 1)]);
    await hearing;
    // One in the same process is notified by that.
    expect([said.splice(0), toldOf.splice(0).sort()]).toEqual([["1"], [1, 22]]);
    hearing = next();
    all[2].onHint(undefined);
    await first.put([letter(2, 4)]);
    await hearing;
    expect([said.splice(0), toldOf.splice(0)]).toEqual([["2"], [2]]);
  });

  test("keeps a letter that is put in twice once, and as it was", async () => {
    const { all } = await posts();
    const [first, second] = all;
    await first.put([letter(1, 1)]);
    await first.put([letter(1, 1, "another"), letter(1, 2)]);
    const taken = await second.take(new Map([[0, 0]]), LIMITS);
    expect(taken.map(({ record }) => record.toString())).toEqual(["1.1", "1.2"]);
  });

  test.each([
    "epoch = 2",
    // As there may be after a failover.
    "owner = 'another'",
  ])("it puts in and removes nothing when the partition has %s", async (change) => {
    const { client, all } = await posts();
    const [first, second] = all;
    await first.put([letter(1, 1)]);
    await client.query(`update detent_partition set ${change}`);
    await expect(first.put([letter(1, 2)])).rejects.toThrow("partition 0 is in another epoch");
    await expect(second.remove(new Map([[0, 1]]))).rejects.toThrow("partition 1 is in another epoch");
    expect(await second.take(new Map([[0, 0]]), LIMITS)).toHaveLength(1);
  });
});
