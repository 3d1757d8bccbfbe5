/**
 * Requests by chance from a user with limits, alone, in MULTI, in COPY, RENAME, SM.CREATE, XADD to the stream of events
 * and whatever else the catalogue has: nothing that the user may not touch changes, and nothing of it is shown.
 */
import { expect, onTestFinished, test } from "vitest";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { encodeRequest } from "../support/client.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

const ROUNDS = 12;
const REQUESTS = 40;

/** A number generator with a seed, which is printed when a run fails. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** In every value that the user may not read. */
const SECRET = "s3cret";
const FORBIDDEN = ["no:s", "no:m", "no:t", "no:h", "no:l"];

const WORDS = [
  ...["my:s", "my:m", "my:t", "my:h", ...FORBIDDEN, "r:s", "w:s", "w:t", "events"],
  ...[
    "*",
    "0",
    "1",
    "-",
    "+",
    "$",
    ">",
    "2",
    "STREAMS",
    "GROUP",
    "g",
    "c",
    "COUNT",
    "BLOCK",
    "DB",
    "REPLACE",
    "GET",
    "FORCE",
    "FULL",
  ],
  ...[
    "GO",
    "STOP",
    "open",
    "closed",
    "DEF",
    "CONTEXT",
    "{}",
    "REASON",
    "key",
    "event",
    "field",
    "AND",
    "STORE",
    "BY",
    "WITHSCORES",
  ],
];
/** They end the session, stop the server or hold it up. */
const LEFT_OUT =
  /^(quit|shutdown|debug|client\|pause|client\|reply|auth|hello|reset|select|swapdb|flush|acl\||config\||subscribe|psubscribe|ssubscribe|monitor|wait|client\|kill|script|function|multi|exec|discard|keys|scan|randomkey|save|bgsave|object\|help|p?unsubscribe|sunsubscribe)/;

test("no request reaches a key, event or definition that its user may not, whatever it is", {
  timeout: 120_000,
}, async () => {
  const seed = 20261129;
  const random = randomOf(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const server = await startTestServer({ config: { "sm-ingest-stream": "events" } });
  onTestFinished(() => server.close());
  const admin = await server.client();
  const machine = (extra: object) => ({
    initial: "open",
    context: { secret: SECRET },
    states: { open: { on: { GO: "closed", STOP: "closed", ...extra } }, closed: {} },
  });
  await define(admin, "mine", { ...machine({}), context: {} });
  await define(admin, "hidden", machine({}));
  const prepare = async () => {
    await admin.call("FLUSHALL");
    await define(admin, "mine", { ...machine({}), context: {} });
    await define(admin, "hidden", machine({}));
    for (const key of ["no:s", "w:s"]) await admin.call("SET", key, SECRET);
    await admin.call("SM.CREATE", "no:m", "hidden");
    await admin.call("XADD", "no:t", "1-1", "field", SECRET);
    await admin.call("XGROUP", "CREATE", "no:t", "g", "0");
    await admin.call("HSET", "no:h", "field", SECRET);
    await admin.call("RPUSH", "no:l", SECRET);
    await admin.call("SET", "my:s", "x");
    await admin.call("SM.CREATE", "my:m", "mine");
    await admin.call("XADD", "my:t", "1-1", "key", "no:m", "event", "GO");
  };
  const dumps = async () =>
    Promise.all(FORBIDDEN.map(async (key) => (await admin.exchange("DUMP", key)).bytes.toString("latin1")));
  const commands = CATALOGUE.commands
    .flatMap((command) => [command, ...command.subcommands.values()])
    .filter(({ name, subcommands }) => subcommands.size === 0 && !LEFT_OUT.test(name));
  const rules = [
    "reset",
    "on",
    "nopass",
    "+@all",
    "-@dangerous",
    "-sm.send|STOP",
    "-sm.force",
    "~my:*",
    "%R~r:*",
    "%W~w:*",
    "~events",
    "def~mine",
  ];
  for (let round = 0; round < ROUNDS; round += 1) {
    await prepare();
    await admin.call("ACL", "SETUSER", "u", ...rules);
    const client = await server.client();
    await client.call("AUTH", "u", "x");
    if (round % 2 === 0) await client.call("HELLO", "3");
    if (round % 4 === 0) await client.call("CLIENT", "TRACKING", "ON", "BCAST");
    const before = await dumps();
    const requests = Array.from({ length: REQUESTS }, () => {
      const { name, arity } = pick(commands);
      const words = name.split("|");
      const count = Math.max(0, Math.abs(arity) - words.length) + (arity < 0 ? Math.floor(random() * 4) : 0);
      // Nothing waits for longer than the test.
      return [...words, ...Array.from({ length: count }, () => pick(WORDS))].map((word) =>
        word === "BLOCK" ? "COUNT" : word,
      );
    }).filter((request) => !/^(?:b[lrz]|brpop|blmove)/i.test(request[0] ?? "") && request[0] !== "SM.WAIT");
    const isQueued = round % 3 === 0;
    const all = isQueued ? [["MULTI"], ...requests, ["EXEC"]] : requests;
    const waiting = all.map(() => client.next());
    client.write(Buffer.concat(all.map(encodeRequest)));
    const replies = await Promise.all(waiting);
    for (const [index, { bytes }] of replies.entries()) {
      const shown = `seed ${seed}, round ${round}: ${all[index]?.join(" ")}`;
      expect(bytes.toString("latin1"), shown).not.toContain(SECRET);
    }
    for (const push of client.pushes) expect(push.bytes.toString("latin1")).not.toContain("no:");
    // What entered by the stream of events is dealt with by now.
    await admin.call("PING");
    expect(
      await dumps(),
      `seed ${seed}, round ${round}: ${all.map((one) => one.join(" ")).join("\n")}`,
    ).toEqual(before);
    expect(String(await admin.call("SM.STATE", "no:m"))).toBe("open");
    await client.close();
  }
});
