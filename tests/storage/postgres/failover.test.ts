/** A store over a database that fails over to a standby without the latest commits. */
import { expect, onTestFinished, test } from "vitest";
import { bytesOfText } from "../../../src/base/bytes.ts";
import { PostgresStore } from "../../../src/storage/postgres/postgres-store.ts";
import { createSchema } from "../../../src/storage/postgres/schema.ts";
import { untilLoaded } from "../../../src/storage/until-loaded.ts";
import { takePartition } from "../../support/cluster-database.ts";
import { noPostgres } from "../../support/postgres.ts";
import { PostgresPair } from "../../support/postgres-pair.ts";

test.skipIf(noPostgres !== undefined)(
  "a store gives its partition up when the database has failed over, and what is committed later is found again",
  async () => {
    const pair = await PostgresPair.start();
    onTestFinished(() => pair.stop());
    const first = await pair.connect();
    await createSchema(first);
    const opened = async (owner: string, epoch: number) => {
      const store = await PostgresStore.open({ url: pair.url, partition: 0, owner, epoch });
      onTestFinished(() => store.abandon());
      return store;
    };
    const former = await opened("one", await takePartition(first, "one"));
    const put = async (store: PostgresStore, key: string) => {
      store.commit([[bytesOfText(key), Buffer.from("x")]]);
      await store.drained();
    };
    await put(former, "kept");

    // As an asynchronous standby that is behind.
    await pair.standby.kill();
    await pair.dropStandby();
    await put(former, "lost");
    await first.end();
    await pair.primary.kill();
    await pair.standby.start();
    await pair.promote();

    await expect(put(former, "gap")).rejects.toThrow("the database has failed over");
    const second = await pair.connect();
    const next = await opened("two", await takePartition(second, "two"));
    await put(next, "later");
    const last = await opened("three", await takePartition(second, "three"));
    const names = ["kept", "lost", "gap", "later"];
    const found = names.map((name) => untilLoaded(() => last.get(bytesOfText(name))?.toString()));
    expect(await Promise.all(found)).toEqual(["x", undefined, undefined, "x"]);
    await second.end();
  },
  240_000,
);
