/** `detent verify` finds what is wrong with directories, backups and archives: faults of many kinds, planted. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { capture } from "../../src/storage/capture.ts";
import { JournalFile, RECORDS_OFFSET } from "../../src/storage/journal-file.ts";
import { sealed } from "../../src/storage/sealed-values.ts";
import { cli } from "../support/cli.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const LIMITS = { journalBytesMax: 32 * 1024 };
let image: string;

/** A directory as a crash leaves it, its archive, and a backup: `store`, `archive`, `backup`. */
beforeAll(async () => {
  image = mkdtempSync(join(tmpdir(), "detent-verify-image-"));
  const [directory, archive] = [join(image, "live"), join(image, "archive")];
  mkdirSync(archive);
  const store = Store.open(directory, OBJECT_TYPES, { limits: LIMITS, archiveDirectory: archive });
  const server = await startTestServer({ store });
  const client = await server.client();
  await client.call(
    "SM.DEF",
    "CREATE",
    "door:v1",
    '{"initial":"shut","states":{"shut":{"on":{"OPEN":"open"}},"open":{"on":{"SHUT":"shut"}}}}',
  );
  for (let n = 0; n < 300; n += 1) {
    await client.call("SET", `key${n}`, `value ${n} `.repeat(20), ...(n % 3 === 0 ? ["EX", "100000"] : []));
    await client.call("SM.CREATE", `door${n % 20}`, "door:v1", "NX");
    await client.call("SM.SEND", `door${n % 20}`, n % 40 < 20 ? "OPEN" : "SHUT", "ID", `e${n}`);
    await client.call("XADD", "log", "*", "n", String(n));
  }
  const fields = Array.from({ length: 300 }, (_, n) => [`field${n}`, `text ${n}`]);
  await client.call("HSET", "hash", ...fields.flat());
  await client.call("SADD", "set", ...fields.flat());
  await client.call("RPUSH", "list", ...fields.flat());
  await client.call("ZADD", "zset", ...fields.flatMap(([name = ""], n) => [n, name]));
  await client.call(
    "FUNCTION",
    "LOAD",
    "#!lua name=lib\nredis.register_function('f', function() return 1 end)",
  );
  await client.call(
    "SM.DEF",
    "CREATE",
    "door:v2",
    '{"initial":"shut","states":{"shut":{"on":{"OPEN":"open"}},"open":{"on":{"SHUT":"shut"}},"locked":{}}}',
  );
  // A machine a second: it is under way in every copy.
  await client.call("SM.MIGRATION", "START", "door:v1", "door:v2", "RATE", "1");
  expect((await cli("backup", join(image, "backup"), "--dir", directory)).code).toBe(0);
  for (let n = 0; n < 30; n += 1) await client.call("SET", `late${n}`, `value ${n} `.repeat(3));
  cpSync(directory, join(image, "store"), { recursive: true });
  await server.close();
}, 60_000);

afterAll(() => rmSync(image, { recursive: true, force: true }));

/** A copy of one of the three, changed. */
function copyOf(
  name: "store" | "archive" | "backup",
  change: (path: string) => void = () => undefined,
): string {
  const path = join(temporaryDirectory(), name);
  cpSync(join(image, name), path, { recursive: true });
  change(path);
  return path;
}

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x04;
  writeFileSync(path, bytes);
}

/** Where a text is in a data file: pages that are not in use any more may have it too. */
function placesOf(bytes: Buffer, text: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) places.push(at);
  return places;
}

/** Changes an entry of a data file behind the back of the store: the first in a space with a key that fits, or the last. */
function rewrite(
  directory: string,
  space: string,
  value: (stored: Buffer) => Buffer | undefined,
  reverse = false,
): void {
  const root = open<Buffer, string>({
    path: join(directory, "data.mdb"),
    noSubdir: true,
    encoding: "binary",
    overlappingSync: false,
    mapSize: 2 ** 30,
    keyEncoder: {
      writeKey: (key: string, target: Buffer, at: number) => at + target.write(key, at, "latin1"),
      readKey: (source: Buffer, start: number, end: number) => source.toString("latin1", start, end),
    },
  } as Parameters<typeof open>[0]);
  const [start, end] = reverse ? [`${space}\xff`, space] : [space, `${space}\xff`];
  const [first] = [...root.getRange({ start, end, limit: 1, reverse })] as {
    key: string;
    value: Buffer;
  }[];
  if (first === undefined) throw new Error(`nothing in the space ${space}`);
  const changed = value(first.value.subarray(0, -4));
  if (changed === undefined) root.removeSync(first.key as never);
  else root.putSync(first.key as never, sealed(changed) as never);
  void root.close();
}

/** A directory whose journals are carried, so that what is changed in the data file is all there is. */
async function settled(change: (path: string) => void): Promise<string> {
  const path = copyOf("store");
  await Store.open(path, OBJECT_TYPES).close();
  change(path);
  return path;
}

/** The journals of a directory, the newest first. */
function journalsOf(directory: string): { readonly path: string; readonly number: number }[] {
  const journals = ["journal-0.log", "journal-1.log"].map((name) => {
    const file = JournalFile.openToRead(join(directory, name));
    file.close();
    return { path: file.path, number: file.head.number };
  });
  return journals.sort((a, b) => b.number - a.number);
}

/** The newest journal that has a text, and where. */
function journalWith(directory: string, text: string): { path: string; at: number } {
  for (const { path } of journalsOf(directory)) {
    const at = readFileSync(path).indexOf(text);
    if (at !== -1) return { path, at };
  }
  throw new Error(`'${text}' is in no journal`);
}

/** The oldest journal that the data file does not have: without it nothing leads to the last commit. */
function oldestNeeded(directory: string): string {
  const captured = capture(directory);
  const needed = captured.journals[0]?.head.number;
  void captured.close();
  const found = journalsOf(directory).find(({ number }) => number === needed);
  if (found === undefined) throw new Error("the data file has all journals");
  return found.path;
}

test("detent verify finds nothing in a sound directory, archive and backup", async () => {
  for (const name of ["store", "archive", "backup"] as const) {
    const path = copyOf(name);
    const { code, out } = await cli("verify", path);
    expect(out).toMatch(/all is well$/);
    expect(code).toBe(0);
  }
  expect((await cli("verify", copyOf("archive"))).out).toMatch(
    /^journal 1: positions 1 to \d+, 20\d\d-.* to 20/,
  );
});

const FAULTS: readonly (readonly [string, () => string | Promise<string>, RegExp])[] = [
  [
    "a value with a flipped bit",
    () =>
      settled((path) => {
        const data = join(path, "data.mdb");
        for (const at of placesOf(readFileSync(data), "value 17 value 17")) flip(data, at + 3);
      }),
    /does not match its checksum/,
  ],
  [
    "data.mdb cut short",
    () => settled((path) => truncateSync(join(path, "data.mdb"), 8192)),
    /cut short|damaged/,
  ],
  [
    "data.mdb that begins with zeros",
    () =>
      settled((path) => {
        const data = join(path, "data.mdb");
        writeFileSync(data, readFileSync(data).fill(0, 0, 8192));
      }),
    /is not a Detent store|damaged/,
  ],
  [
    "pages of data.mdb in zeros",
    () =>
      settled((path) => {
        const data = join(path, "data.mdb");
        const bytes = readFileSync(data);
        for (const at of placesOf(bytes, "value 17 value 17"))
          bytes.fill(0, at - (at % 4096), at - (at % 4096) + 4096);
        writeFileSync(data, bytes);
      }),
    /damaged/,
  ],
  [
    "a commit of a journal changed",
    () =>
      copyOf("store", (path) => {
        const { path: journal, at } = journalWith(path, "value 11 value 11");
        flip(journal, at);
      }),
    /the journal is damaged/,
  ],
  [
    "a journal cut short",
    () => copyOf("store", (path) => truncateSync(journalWith(path, "value 11 value 11").path, 2000)),
    /cut short/,
  ],
  [
    "a journal missing",
    () => copyOf("store", (path) => rmSync(join(path, "journal-0.log"))),
    /cannot open the journal/,
  ],
  [
    "a journal of another time",
    () =>
      copyOf("store", (path) => {
        const archived = readdirSync(join(image, "archive")).sort()[0] ?? "";
        copyFileSync(join(image, "archive", archived), oldestNeeded(path));
      }),
    /./,
  ],
  [
    "a key without its place in the order of SCAN",
    () => settled((path) => rewrite(path, "o", () => undefined)),
    /no entry in the order of SCAN/,
  ],
  [
    "an expiry that is not in its index",
    () => settled((path) => rewrite(path, "x", () => undefined)),
    /not in the index of expiries/,
  ],
  [
    "a counter of keys that is wrong",
    () => settled((path) => rewrite(path, "ckeys", () => doubleOf(7))),
    /the counter keys of 0 says 7/,
  ],
  [
    "a machine that is not in the index of its state",
    () => settled((path) => rewrite(path, "i", () => undefined)),
    /./,
  ],
  [
    "a counter of machines that is wrong",
    () => settled((path) => rewrite(path, "n", () => doubleOf(7))),
    /./,
  ],
  // The oldest entries may have been trimmed: that the newest are there is known.
  ["history that is missing", () => settled((path) => rewrite(path, "h", () => undefined, true)), /./],
  ["entries of a stream that are missing", () => settled((path) => rewrite(path, "s", () => undefined)), /./],
  [
    "a part of a hash that is missing",
    () => settled((path) => rewrite(path, "u", () => undefined)),
    /counts 300 names, there are 299/,
  ],
  [
    "a part of a sorted set that is missing",
    () => settled((path) => rewrite(path, "u", () => undefined, true)),
    /counts 300 names, there are 299/,
  ],
  [
    "a counter of libraries that is wrong",
    () => settled((path) => rewrite(path, "clibraries", () => doubleOf(7))),
    /librar/,
  ],
  [
    "a migration that is never due",
    () => settled((path) => rewrite(path, "t", () => undefined)),
    /index entry .* is missing/,
  ],
  [
    "a migration that is not there but due",
    () => settled((path) => rewrite(path, "w", () => undefined)),
    /migration|due/,
  ],
  [
    "a backup with a flipped bit",
    () => copyOf("backup", (path) => flip(path, 30_000)),
    /is damaged at byte \d+: a checksum/,
  ],
  [
    "a backup cut short",
    () => copyOf("backup", (path) => truncateSync(path, 50_000)),
    /is damaged at byte \d+: it is cut short/,
  ],
  [
    "an archive without a journal",
    () => copyOf("archive", (path) => rmSync(join(path, readdirSync(path).sort()[2] ?? ""))),
    /journals are missing/,
  ],
  [
    "an archived journal with a flipped bit",
    () =>
      copyOf("archive", (path) => flip(join(path, readdirSync(path).sort()[2] ?? ""), RECORDS_OFFSET + 700)),
    /is damaged at byte/,
  ],
  [
    "an archived journal cut short",
    () => copyOf("archive", (path) => truncateSync(join(path, readdirSync(path).sort()[2] ?? ""), 9000)),
    /cut short/,
  ],
];

function doubleOf(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleBE(value);
  return buffer;
}

describe("detent verify finds", () => {
  test.each(FAULTS)("%s", async (_name, planted, message) => {
    const { code, out, err } = await cli("verify", await planted());
    expect(`${out}\n${err}`).toMatch(message);
    expect(out).not.toContain("all is well");
    expect(code).toBe(1);
  });
});
