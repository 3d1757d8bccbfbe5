/** Notes of what has changed, between the servers of a cluster. */
import { expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import type { BusMessage } from "../../src/cluster/message-bus.ts";
import type { Change } from "../../src/keyspace/changes.ts";
import { type ChangeNote, ChangeNotes, GATHERED_MS } from "../../src/machines/change-notes.ts";
import { exchangeNotes } from "../../src/server/other-notes.ts";
import { memberId, viewOf } from "../support/cluster-view.ts";
import { localBus } from "../support/local-bus.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** The local bus delivers in the next round of the event loop. */
const delivered = () => new Promise<void>((resolve) => setImmediate(resolve));

function begin() {
  const clock = new VirtualClock();
  const sent: BusMessage[] = [];
  const bus = localBus((message) => {
    sent.push(message);
    return false;
  });
  const [a, b] = ["a", "b"].map((letter) => {
    const notes = new ChangeNotes(clock);
    const cluster = viewOf(letter, { members: [], owner: "a" });
    return { notes, cluster, close: exchangeNotes({ bus: bus(), cluster, clock, notes }) };
  });
  if (a === undefined || b === undefined) throw new Error("there are two servers");
  const sizes = () => sent.filter(({ kind }) => kind === "notes").map(({ message }) => message.length);
  return { clock, a, b, sizes };
}

/** A change of a machine, as far as notes look at it. */
const change = (key: string, name = "lamp") =>
  ({ kind: "machine", database: 0, key: bytesOfText(key), definition: { name, version: "v1" } }) as Change;

test("nothing is sent while nobody follows at another server, and all that changes while somebody does", async () => {
  const { clock, a, b, sizes } = begin();
  a.notes.note([change("hall")]);
  clock.advance(GATHERED_MS);
  expect(sizes()).toEqual([]);
  const heard: Array<readonly [ChangeNote, string | undefined]> = [];
  const end = b.notes.follow(0, (note, from) => heard.push([note, from]));
  await delivered();
  await delivered();
  // What has changed before is not known.
  expect(heard).toMatchObject([[{ isPartial: true }, memberId("a")]]);
  a.notes.note([change("hall"), change("hall"), change("door", "door")]);
  clock.advance(GATHERED_MS);
  await delivered();
  const [note] = heard[1] ?? [];
  expect(note?.isPartial).toBe(false);
  expect([...(note?.definitions ?? [])].map(([name, { count }]) => [name, count])).toEqual([
    ["lamp", 2],
    ["door", 1],
  ]);
  end();
  clock.advance(60_000);
  await delivered();
  const before = sizes().length;
  a.notes.note([change("hall")]);
  clock.advance(GATHERED_MS);
  a.notes.note([change("hall")]);
  clock.advance(GATHERED_MS);
  expect(sizes().length).toBe(before);
});

test("a note fits into a notification: what has no room is not named", async () => {
  const { clock, a, b, sizes } = begin();
  const heard: ChangeNote[] = [];
  b.notes.follow(0, (note) => heard.push(note));
  await delivered();
  await delivered();
  for (let at = 0; at < 400; at += 1) a.notes.note([change(`key:${at}`.padEnd(40, "x"), `d${at % 20}`)]);
  a.notes.note([change("k".repeat(100_000), "n".repeat(100_000))]);
  clock.advance(GATHERED_MS);
  await delivered();
  expect(Math.max(...sizes())).toBeLessThan(5_500);
  const note = heard.at(-1);
  expect(note?.isPartial).toBe(true);
  expect([...(note?.definitions.values() ?? [])].reduce((sum, { count }) => sum + count, 0)).toBe(400);
});

test("exchangeNotes() says that more may have changed when partitions have changed hands", () => {
  const { b } = begin();
  const heard: ChangeNote[] = [];
  b.notes.follow(0, (note) => heard.push(note));
  b.cluster.update({ members: [], partitions: [{ ...b.cluster.partitions[0], epoch: 2 } as never] });
  expect(heard).toMatchObject([{ isPartial: true }]);
  b.close();
});
