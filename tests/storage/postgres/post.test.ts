/** Letters between partitions in PostgreSQL. */
import { describe, expect, onTestFinished, test } from "vitest";
import { Line } from "../../../src/storage/postgres/connection.ts";
import { Ownership } from "../../../src/storage/postgres/ownership.ts";
import { PostgresPost, PostHints } from "../../../src/storage/postgres/post.ts";
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
    return { client, all: [postOf(0), postOf(1), postOf(2)] as const };
  }

  function letter(target: number, sequence: number, text = `${target}.${sequence}`) {
    return { target, sequence, record: Buffer.from(text) };
  }

  test("it hands out letters by source and in order, behind what was taken, until they are removed", async () => {
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

  test("it keeps a letter that is put in twice once, and as it was", async () => {
    const { all } = await posts();
    const [first, second] = all;
    await first.put([letter(1, 1)]);
    await first.put([letter(1, 1, "another"), letter(1, 2)]);
    const taken = await second.take(new Map([[0, 0]]), LIMITS);
    expect(taken.map(({ record }) => record.toString())).toEqual(["1.1", "1.2"]);
  });

  test("it takes and removes nothing when the partition is in another epoch", async () => {
    const { client, all } = await posts();
    const [first, second] = all;
    await first.put([letter(1, 1)]);
    await client.query("update detent_partition set epoch = 2");
    await expect(first.put([letter(1, 2)])).rejects.toThrow("partition 0 is in another epoch");
    await expect(second.remove(new Map([[0, 1]]))).rejects.toThrow("partition 1 is in another epoch");
    expect(await second.take(new Map([[0, 0]]), LIMITS)).toHaveLength(1);
  });
});
