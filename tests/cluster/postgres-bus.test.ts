/** The bus of a cluster over notifications of PostgreSQL. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { BusMessage } from "../../src/cluster/message-bus.ts";
import { PostgresBus } from "../../src/cluster/postgres-bus.ts";
import { connectedTo, useClusterDatabase } from "../support/cluster-database.ts";
import { noPostgres } from "../support/postgres.ts";

interface Heard {
  readonly bus: PostgresBus;
  readonly messages: BusMessage[];
  until(count: number): Promise<readonly string[]>;
}

function join(url: string): Heard {
  const bus = new PostgresBus({ url });
  const messages: BusMessage[] = [];
  bus.onMessages((each) => messages.push(...each));
  onTestFinished(() => bus.close());
  const until = async (count: number) => {
    await eventually(() => messages.length >= count);
    return messages.map(({ channel, message }) => `${channel} ${message}`);
  };
  return { bus, messages, until };
}

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const message = (channel: string, text: string | Buffer): BusMessage => ({
  kind: "channel",
  channel: Buffer.from(channel),
  message: Buffer.from(text),
});

/** Both know each other: what is said before the other listens is not kept. */
async function meet(first: Heard, second: Heard): Promise<void> {
  for (const { bus } of [first, second]) bus.setHearing(true);
  await eventually(() => first.bus.isHeard && second.bus.isHeard);
}

describe.skipIf(noPostgres !== undefined)(
  `PostgresBus${noPostgres === undefined ? "" : ` (skipped: ${noPostgres})`}`,
  () => {
    const database = useClusterDatabase();

    test("hands messages to the other members in order, large ones among them, and not to itself", async () => {
      const url = await database.cluster();
      const [first, second, third] = [join(url), join(url), join(url)];
      await meet(first, second);
      await meet(first, third);
      const texts = Array.from({ length: 500 }, (_, number) =>
        number % 50 === 7 ? `${number} ${"x".repeat(20_000)}` : `${number}`,
      );
      for (const text of texts) first.bus.send([message("news", text)]);
      const expected = texts.map((text) => `news ${text}`);
      expect(await second.until(500)).toEqual(expected);
      expect(await third.until(500)).toEqual(expected);
      expect(first.messages).toEqual([]);
    });

    test("keeps bytes, kinds and equal messages as they are", async () => {
      const url = await database.cluster();
      const [first, second] = [join(url), join(url)];
      await meet(first, second);
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const sent: BusMessage[] = [
        { kind: "shard", channel: bytes, message: bytes },
        message("", ""),
        message("same", "same"),
        message("same", "same"),
        { kind: "shard", channel: Buffer.from("large"), message: Buffer.alloc(3_000_000, 7) },
      ];
      first.bus.send(sent);
      await second.until(sent.length);
      for (const [index, one] of sent.entries()) {
        const got = second.messages[index];
        expect([got?.kind, got?.channel.equals(one.channel), got?.message.equals(one.message)]).toEqual([
          one.kind,
          true,
          true,
        ]);
      }
    });

    test("knows whether another member has subscribers", async () => {
      const url = await database.cluster();
      const [first, second] = [join(url), join(url)];
      await meet(first, second);
      second.bus.setHearing(false);
      await eventually(() => !first.bus.isHeard);
      expect(second.bus.isHeard).toBe(true);
      const late = join(url);
      await eventually(() => late.bus.isHeard);
    });

    test("goes on when its connection breaks", async () => {
      const url = await database.cluster();
      const [first, second] = [join(url), join(url)];
      await meet(first, second);
      const client = await connectedTo(url);
      await client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'detent messages'",
      );
      second.bus.setHearing(false);
      await eventually(() => !first.bus.isHeard);
      second.bus.setHearing(true);
      await eventually(() => first.bus.isHeard);
      first.bus.send([message("news", "after")]);
      expect((await second.until(1)).at(-1)).toBe("news after");
    });

    test("does not reach the members of another cluster in the same database", async () => {
      const [one, other] = [await database.cluster(), await database.cluster()];
      const [first, second, stranger] = [join(one), join(one), join(other)];
      await meet(first, second);
      expect(stranger.bus.isHeard).toBe(false);
      first.bus.send([message("news", "ours")]);
      await second.until(1);
      expect(stranger.messages).toEqual([]);
    });
  },
);
