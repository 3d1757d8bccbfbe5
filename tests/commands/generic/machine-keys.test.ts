import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytesOfText } from "../../../src/base/bytes.ts";
import { RDB_MODULE, sealDump } from "../../../src/dump/payload.ts";
import { rdbLength, rdbString } from "../../../src/dump/rdb-writer.ts";
import { Databases } from "../../../src/keyspace/databases.ts";
import { historyOf } from "../../../src/machines/history.ts";
import type { TestClient } from "../../support/client.ts";
import { fields } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const MACHINE = '{"current":"b","map":{"a":["b","c"],"b":["a"]},"initial":"a","reason":"r"}';
/** The type of the module's values: "StateType", and the version of their form. */
const TYPE_ID = 0x4ad6ad793ca97800n;

let clock: VirtualClock;
let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ clock });
  client = await server.client();
});
afterEach(() => server.close());

/** The reply to a request as bytes, without the frame of a bulk string. */
async function bytes(...args: readonly (string | Buffer)[]): Promise<Buffer> {
  const { bytes: reply } = await client.exchange(...args);
  return reply.subarray(reply.indexOf("\r\n") + 2, -2);
}

function historyAt(database: number, key: string) {
  const databases = new Databases(server.context.partitions.home.store.begin(), 16, clock.now());
  const id = databases.at(database).find(bytesOfText(key))?.id ?? 0;
  return historyOf(databases.transaction, id, { from: 1, to: 100 });
}

describe("machines as keys", () => {
  test("TYPE, SCAN, OBJECT and MEMORY USAGE accept them", async () => {
    await client.call("SM.SET", "k", MACHINE);
    await client.call("SET", "s", "v");
    expect(await client.call("TYPE", "k")).toBe("StateType");
    expect(await client.call("SCAN", 0, "TYPE", "statetype")).toEqual(["0", ["k"]]);
    expect(await client.call("OBJECT", "ENCODING", "k")).toBe("raw");
    await client.call(
      "SM.SET",
      "memfoo",
      '{"current":"b","map":{"a":["b","c"]},"initial":"aval","reason":""}',
    );
    const usage = Number(await client.call("MEMORY", "USAGE", "memfoo"));
    expect(usage).toBeGreaterThan(150);
    expect(usage).toBeLessThan(200);
  });

  test("COPY, RENAME and MOVE keep the history", async () => {
    await client.call("SM.SET", "k", MACHINE);
    await client.call("SM.MUTATE", "k", "a");
    await client.call("COPY", "k", "copy", "DB", 1);
    await client.call("SM.MUTATE", "k", "b");
    await client.call("RENAME", "k", "renamed");
    await client.call("MOVE", "renamed", 2);
    expect(historyAt(1, "copy").map(({ rev, kind }) => [rev, kind])).toEqual([
      [1, "set"],
      [2, "mutate"],
    ]);
    expect(historyAt(2, "renamed")).toHaveLength(3);
    await client.call("SELECT", 1);
    expect(await client.call("SM.STATE", "copy")).toEqual(["a"]);
  });

  test("COPY and RESTORE keep the revisions of a history that was cut off", async () => {
    await server.close();
    server = await startTestServer({ clock, config: { "sm-history-max": 2 } });
    client = await server.client();
    await client.call("SM.SET", "k", MACHINE);
    for (const state of ["a", "b", "a", "b"]) await client.call("SM.MUTATE", "k", state);
    await client.call("COPY", "k", "copy");
    await client.call("RESTORE", "restored", 0, await bytes("DUMP", "k"));
    for (const key of ["k", "copy", "restored"]) {
      expect(historyAt(0, key).map(({ rev }) => rev)).toEqual([4, 5]);
      expect(fields(await client.call("SM.INFO", key, "REV", 3))).toMatchObject({ rev: 3, state: ["b"] });
    }
  });

  test("DUMP and RESTORE carry over a machine with its history and all its data", async () => {
    await client.call("SM.SET", "k", MACHINE);
    await client.call("SM.MUTATE", "k", "a", "because");
    const payload = await bytes("DUMP", "k");
    const before = historyAt(0, "k");
    await client.call("FLUSHALL");
    clock.advance(5000);
    expect(await client.call("RESTORE", "k", 0, payload)).toBe("OK");
    expect(await client.call("SM.GET", "k")).toBe(MACHINE.replace('"b"', '"a"').replace('"r"', '"because"'));
    expect(historyAt(0, "k")).toEqual(before);
    expect(await client.call("SM.MUTATE", "k", "b")).toBe("OK");
    expect(historyAt(0, "k")).toHaveLength(3);
    expect(await client.call("RESTORE", "k", 0, payload)).toEqual(
      new ReplyFailure("BUSYKEY Target key name already exists."),
    );
    expect(await client.call("RESTORE", "k", 1000, payload, "REPLACE")).toBe("OK");
    expect(await client.call("PTTL", "k")).toBe(1000);
    await client.call("SET", "s", "v");
    expect(await client.call("RESTORE", "s", 0, payload, "REPLACE")).toBe("OK");
    expect(await client.call("TYPE", "s")).toBe("StateType");
  });

  test("RESTORE accepts payloads of the module in both modes", async () => {
    const json = rdbString(Buffer.from(MACHINE));
    const payload = sealDump(RDB_MODULE, rdbLength(TYPE_ID | 1n), Buffer.from([5]), json, Buffer.from([0]));
    expect(await client.call("RESTORE", "k", 0, payload)).toBe("OK");
    expect(await client.call("SM.GET", "k")).toBe(MACHINE);
    await server.close();
    server = await startTestServer({ config: { "sm-compat": "module" } });
    client = await server.client();
    expect(await client.call("RESTORE", "k", 0, payload)).toBe("OK");
    expect(await bytes("DUMP", "k")).toEqual(payload);
  });

  test("RESTORE refuses payloads with a valid checksum and invalid contents", async () => {
    await client.call("SM.SET", "k", MACHINE);
    const pieces = (...values: string[]) =>
      values.flatMap((value) => [Buffer.from([5]), rdbString(Buffer.from(value, "latin1"))]);
    const own = (...values: string[]) =>
      sealDump(
        RDB_MODULE,
        rdbLength(TYPE_ID | 2n),
        Buffer.from([2, 1]),
        ...pieces(...values),
        Buffer.from([0]),
      );
    const record = '[null,"a",[["a",1]],"active",1,1,1,null]\n[["a",["b"]]]';
    const history = "h\0\0\0\0\0\0\0\x01";
    const set = '[1,"set",[],["a"]]';
    const eventful = (numbers: string) => record.replace("null]", `null,null,{},${numbers}]`);
    const scheduled = '{"sequence":1,"kind":"scheduled","event":"b","receivedMs":1,"dueMs":9000000000000}';
    const pending = "p\0\0\0\0\0\0\0\x01";
    const payloads = [
      own(),
      own("{}"),
      own("not json"),
      own(record.replace('"active"', '"asleep"')),
      own(record.replace('[["a",1]]', "[]")),
      own(record.replace('[["a",1]]', '[["a",-1]]')),
      own(record.replace(",1,1,1,", ",0,1,1,")),
      own(record.replace('[["a",["b"]]]', '{"a":1}')),
      own(record.replace('\n[["a",["b"]]]', "")),
      own(record, history),
      own(record, "x\0\0\0\0\0\0\0\x01", "[]"),
      own(record, history, "[]"),
      own(record, history, '[1,"nonsense",[],[]]'),
      own(record, "h\0", set),
      own(record.replace(",1,1,1,", ",2,1,1,"), history, set),
      own(eventful("1,1,1,1"), history, set),
      own(eventful("1,0,1,1"), history, set, pending, scheduled),
      sealDump(RDB_MODULE, rdbLength(TYPE_ID | 3n), ...pieces(record), Buffer.from([0])),
      sealDump(RDB_MODULE, rdbLength(1n)),
      sealDump(RDB_MODULE, rdbLength(TYPE_ID | 1n), ...pieces("{}"), Buffer.from([0])),
      sealDump(RDB_MODULE, rdbLength(TYPE_ID | 1n), ...pieces(MACHINE)),
      sealDump(RDB_MODULE, rdbLength(TYPE_ID | 1n), ...pieces(MACHINE, MACHINE), Buffer.from([0])),
      sealDump(RDB_MODULE),
    ];
    for (const payload of payloads) {
      expect(await client.call("RESTORE", "n", 0, payload)).toEqual(new ReplyFailure("ERR Bad data format"));
    }
    expect(await client.call("RESTORE", "n", 0, own(record, history, set))).toBe("OK");
    expect(await client.call("SM.STATE", "n")).toEqual(["a"]);
    const sound = own(eventful("2,0,1,1"), history, set, pending, scheduled);
    expect(await client.call("RESTORE", "n", 0, sound, "REPLACE")).toBe("OK");
    expect(await client.call("SM.PENDING", "n")).toHaveLength(1);
    expect(await client.call("DBSIZE")).toBe(2);
  });
});
