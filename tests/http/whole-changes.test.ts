/** Live events of a cluster: a client at any server hears the changes of all partitions, whoever holds them. */
import { describe, expect, test } from "vitest";
import type { EventClient } from "../support/event-client.ts";
import { follower } from "../support/follower.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";

const LAMP = {
  initial: "off",
  states: { off: { on: { PRESS: "on" } }, on: { on: { PRESS: "off" } } },
};
const PARTITIONS = [0, 1, 2, 3, 4, 5];

async function begin() {
  const servers = await sharedInMemory({ hasHttp: true });
  await servers.server(0).client.call("SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP));
  const keys = PARTITIONS.map((number) => servers.keyOf(number, "hall"));
  for (const [number, key] of keys.entries())
    await ownerOf(servers, number).client.call("SM.CREATE", key, "lamp");
  return { servers, keys };
}

const indexOf = (servers: SharedServers, number: number) =>
  servers.servers.findIndex(({ held }) => held.includes(number));
const ownerOf = (servers: SharedServers, number: number) => servers.server(indexOf(servers, number));

const follow = (servers: SharedServers, index: number, path: string, lastId?: string) =>
  follower(`http://127.0.0.1:${servers.server(index).running.httpPort}`)(path, lastId);

const press = (servers: SharedServers, number: number) =>
  ownerOf(servers, number).client.call("SM.SEND", servers.keyOf(number, "hall"), "PRESS");

async function move(servers: SharedServers, number: number, to: number): Promise<void> {
  await servers.lose(indexOf(servers, number), number);
  await servers.take(to, number);
}

/** The next messages of a kind between the servers get lost; returns how many have been by now. */
function loseFirst(servers: SharedServers, lostKind: string, count: number): () => number {
  let lost = 0;
  servers.isLost = ({ kind }) => {
    const isLost = kind === lostKind && lost < count;
    if (isLost) lost += 1;
    return isLost;
  };
  return () => lost;
}

const changesOf = ({ events }: EventClient) =>
  events.filter(({ event }) => event === "change").map(({ data }) => `${data["key"]}@${data["rev"]}`);
const missingOf = ({ events }: EventClient) =>
  events
    .filter(({ event }) => event === "missing")
    .map(({ data }) => (data["partitions"] as { readonly partition: number }[]).map((one) => one.partition));

describe("GET /api/v1/changes at a server of a cluster", () => {
  test.each(["?definition=lamp", ""])("sends the changes of all partitions (%j)", async (query) => {
    const { servers, keys } = await begin();
    const all = await Promise.all([0, 1, 2].map((index) => follow(servers, index, query).ready()));
    for (const number of PARTITIONS) await press(servers, number);
    for (const events of all) {
      await events.until(6);
      expect(changesOf(events).sort()).toEqual(keys.map((key) => `${key}@2`).sort());
    }
  });

  test("goes on behind an id at any other server, while partitions change hands, and loses and repeats nothing", async () => {
    const random = seeded(SEED);
    const pick = (count: number) => Math.floor(random() * count);
    const { servers, keys } = await begin();
    const seen: string[] = [];
    const revs = new Map(keys.map((key) => [key, 1]));
    let lastId = "0-0";
    for (let round = 0; round < 8; round += 1) {
      const events = follow(servers, pick(3), "?definition=lamp", lastId);
      for (let step = 0; step < 10; step += 1) {
        const number = pick(6);
        if (pick(4) === 0) await move(servers, number, (indexOf(servers, number) + 1) % 3);
        await press(servers, number);
        const key = keys[number] ?? "";
        revs.set(key, (revs.get(key) ?? 0) + 1);
      }
      // In most rounds the connection ends before all has come.
      const written = [...revs.values()].reduce((sum, rev) => sum + rev, 0);
      const wanted = round === 7 ? written - seen.length : 1 + pick(written - seen.length);
      await expect.poll(() => changesOf(events).length).toBeGreaterThanOrEqual(wanted);
      events.close();
      const taken = events.events.filter(({ event }) => event === "change").slice(0, wanted);
      seen.push(...taken.map(({ data }) => `${data["key"]}@${data["rev"]}`));
      lastId = taken.at(-1)?.id ?? lastId;
      expect(events.events.map(({ event }) => event)).not.toContain("gap");
    }
    for (const key of keys) {
      const ofKey = seen.filter((each) => each.startsWith(`${key}@`));
      expect(ofKey, `seed ${SEED}`).toEqual(
        Array.from({ length: revs.get(key) ?? 0 }, (_, at) => `${key}@${at + 1}`),
      );
    }
    expect(lastId.length).toBeLessThan(150);
  });

  test("follows a partition to its next owner, on the same connection", async () => {
    const { servers, keys } = await begin();
    const events = await follow(servers, 0, "").ready();
    for (const to of [2, 0, 1]) {
      await move(servers, 4, to);
      await press(servers, 4);
    }
    await events.until(3);
    expect(changesOf(events)).toEqual([2, 3, 4].map((rev) => `${keys[4]}@${rev}`));
  });

  test("follows definitions that are made later at another server, from their first change on", async () => {
    const { servers } = await begin();
    const events = await follow(servers, 0, "").ready();
    const { client } = servers.server(1);
    await client.call("SM.DEF", "CREATE", "door", JSON.stringify(LAMP));
    await client.call("SM.CREATE", servers.keyOf(1, "front"), "door");
    await events.until(1);
    expect(changesOf(events)).toEqual([`${servers.keyOf(1, "front")}@1`]);
  });

  test("follows a machine that another server holds, by the ids of its stream", async () => {
    const { servers, keys } = await begin();
    const key = keys[5] ?? "";
    const events = await follow(servers, 0, `?key=${encodeURIComponent(key)}`).ready();
    for (const number of PARTITIONS) await press(servers, number);
    await events.until(1);
    expect(changesOf(events)).toEqual([`${key}@2`]);
    expect(events.lastId).toMatch(/^\d+-\d+$/);
  });

  test("a server that holds nothing sends the changes of all partitions too", async () => {
    const { servers, keys } = await begin();
    for (const number of [0, 3]) await move(servers, number, 1);
    const events = await follow(servers, 0, "").ready();
    for (const number of PARTITIONS) await press(servers, number);
    await events.until(6);
    expect(changesOf(events).sort()).toEqual(keys.map((key) => `${key}@2`).sort());
  });

  test("names a partition that nobody serves, and sends what has changed once somebody does", async () => {
    const { servers, keys } = await begin();
    const before = follow(servers, 0, "?definition=lamp", "0-0");
    await expect.poll(() => changesOf(before).length).toBe(6);
    before.close();
    await press(servers, 4);
    await servers.lose(1, 4);
    const events = follow(servers, 0, "?definition=lamp", before.lastId);
    await events.until(1);
    expect(missingOf(events)).toEqual([[4]]);
    await press(servers, 0);
    await expect.poll(() => changesOf(events)).toEqual([`${keys[0]}@2`]);
    await servers.take(2, 4);
    await expect.poll(() => changesOf(events)).toEqual([`${keys[0]}@2`, `${keys[4]}@2`]);
    await expect.poll(() => missingOf(events).at(-1)).toEqual([]);
  });

  test("an entry that came without a note is sent, and one after lost answers", async () => {
    const { servers, keys } = await begin();
    const events = await follow(servers, 0, "?definition=lamp").ready();
    servers.isLost = ({ kind }) => kind === "notes";
    await press(servers, 1);
    await events.until(1);
    loseFirst(servers, "answer", 2);
    await press(servers, 1);
    await press(servers, 2);
    await expect.poll(() => changesOf(events).length).toBe(3);
    expect(changesOf(events).sort()).toEqual([`${keys[1]}@2`, `${keys[1]}@3`, `${keys[2]}@2`].sort());
  });

  test("a group is given the entries of all partitions once, also where answers get lost", async () => {
    const { servers, keys } = await begin();
    const streams = (await ownerOf(servers, 0).client.call("SM.STREAMS")) as unknown[];
    expect(streams.length).toBeGreaterThan(0);
    for (const number of PARTITIONS) {
      const stream = `sm:changes:{${tagOf(servers, number)}}:lamp`;
      await ownerOf(servers, number).client.call("XGROUP", "CREATE", stream, "g", "0");
    }
    const query = "?definition=lamp&group=g&consumer=c";
    const first = follow(servers, 0, query);
    await expect.poll(() => changesOf(first).length).toBe(6);
    first.close();
    const ids = first.events.filter(({ event }) => event === "change");
    const second = follow(servers, 2, query, ids[3]?.id);
    await expect.poll(() => changesOf(second).length).toBe(2);
    expect(changesOf(second)).toEqual(changesOf(first).slice(4));
    loseFirst(servers, "answer", 2);
    for (const number of PARTITIONS) await press(servers, number);
    await expect.poll(() => changesOf(second).length).toBe(8);
    expect(changesOf(second).slice(2).sort()).toEqual(keys.map((key) => `${key}@2`).sort());
  });

  test("a user that another server does not know gets what the others have, and the names of what is missing", async () => {
    const { servers, keys } = await begin();
    for (const index of [0, 1])
      await servers.server(index).client.call("ACL", "SETUSER", "ann", "on", ">pw", "+@all", "~*", "alldefs");
    const url = `http://ann:pw@127.0.0.1:${servers.server(0).running.httpPort}`;
    const events = await follower(url)("?definition=lamp").ready();
    for (const number of PARTITIONS) await press(servers, number);
    await events.until(5);
    expect(missingOf(events)).toEqual([[2, 5]]);
    const shown = keys.filter((_, number) => number % 3 !== 2).map((key) => `${key}@2`);
    expect(changesOf(events).sort()).toEqual(shown.sort());
  });

  test("reads nothing more at other servers for a client that takes nothing", async () => {
    const { servers, keys } = await begin();
    let asked = 0;
    servers.isLost = ({ kind }) => {
      if (kind === "ask") asked += 1;
      return false;
    };
    const stuck = await follow(servers, 0, "?definition=lamp").ready();
    stuck.response?.pause();
    const data = JSON.stringify({ text: "x".repeat(1_000_000) });
    const { client } = ownerOf(servers, 1);
    // Until the buffers of both sockets are full, it is read as it changes.
    for (let idle = 0, round = 0; idle < 5; round += 1) {
      expect(round).toBeLessThan(100);
      const before = asked;
      for (let at = 0; at < 3; at += 1) await client.call("SM.SEND", keys[1] ?? "", "PRESS", data);
      await ownerOf(servers, 2).client.call("PING");
      idle = asked === before ? idle + 1 : 0;
    }
  });
});

function tagOf(servers: SharedServers, number: number): string {
  return /^\{(\w+)\}/.exec(servers.keyOf(number, ""))?.[1] ?? "";
}

describe("GET /api/v1/changes with every at a server of a cluster", () => {
  const summaries = ({ events }: EventClient) => events.filter(({ event }) => event === "changed");
  const machines = (events: EventClient) =>
    new Set(summaries(events).flatMap(({ data }) => data["machines"] as string[]));

  test("sums up what has changed at all servers", async () => {
    const { servers, keys } = await begin();
    const events = follow(servers, 0, "?every=100&definition=lamp");
    // More may have changed than is named until the other servers know that somebody follows.
    await expect.poll(() => summaries(events).length).toBeGreaterThan(0);
    expect(summaries(events)[0]?.data).toMatchObject({ isPartial: true });
    await expect
      .poll(async () => {
        for (const number of PARTITIONS) await press(servers, number);
        return [...machines(events)].sort();
      })
      .toEqual([...keys].sort());
  });

  test("says that more may have changed where notes were lost, and where partitions change hands", async () => {
    const { servers, keys } = await begin();
    const events = follow(servers, 0, `?every=100&key=${encodeURIComponent(keys[1] ?? "")}`);
    await expect.poll(() => summaries(events).length).toBeGreaterThan(0);
    const partial = () => summaries(events).filter(({ data }) => data["isPartial"] === true).length;
    await expect
      .poll(async () => {
        await press(servers, 1);
        return summaries(events).filter(({ data }) => data["changes"] === 1).length;
      })
      .toBeGreaterThan(0);
    let before = partial();
    const lost = loseFirst(servers, "notes", 1);
    await press(servers, 1);
    await expect.poll(lost).toBeGreaterThan(0);
    await press(servers, 1);
    await expect.poll(partial).toBeGreaterThan(before);
    before = partial();
    await move(servers, 4, 2);
    await expect.poll(partial).toBeGreaterThan(before);
  });
});
