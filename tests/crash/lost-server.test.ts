/** A server whose machine is lost, to the database: packets are sent, none arrives, and no connection ends by itself. */
import { expect, onTestFinished, test } from "vitest";
import { connectedToPrimary } from "../../src/postgres/primary.ts";
import { installationOf, noPostgres } from "../support/postgres.ts";
import { PostgresPair } from "../support/postgres-pair.ts";
import { Network } from "./cluster/network.ts";

/** By keep-alives: 5 s of silence, and three questions of 2 s. */
const FORGOTTEN_MS_MAX = 60_000;

test.skipIf(noPostgres !== undefined)(
  "the database forgets a server that is lost, with the locks that it holds",
  async ({ skip }) => {
    const network = await Network.create(1, (await installationOf())?.user);
    if (typeof network === "string") return skip(network);
    onTestFinished(() => network.remove());
    const pair = await PostgresPair.start({ within: network.within });
    onTestFinished(() => pair.stop());
    const near = await pair.connect();
    await near.query("create table held (n int)");
    await near.query("insert into held values (1)");
    const url = `postgres://tester@${network.host(0)}:5432,${network.host(0)}:5433/postgres`;
    const far = await connectedToPrimary({
      url,
      config: { application_name: "far" },
      connectMs: 5000,
      onFormer: () => undefined,
    });
    await far.query("begin");
    await far.query("select from held for update");
    await network.cut(0, "both");
    await near.query(`set lock_timeout = ${FORGOTTEN_MS_MAX}`);
    expect((await near.query("update held set n = 2")).rowCount).toBe(1);
    await near.end();
  },
  120_000,
);
