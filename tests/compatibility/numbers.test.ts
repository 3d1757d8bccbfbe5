import fc from "fast-check";
import { test } from "vitest";
import { compareStep, describeAgainstRedis, disconnect, withRedis } from "./differential.ts";
import { same } from "./script.ts";

describeAgainstRedis("integers", {
  "INCR, INCRBY, DECR and DECRBY": `
    INCR k
    INCRBY k 41
    DECR k
    DECRBY k 50
    GET k
    !INCRBY k -9223372036854775808
    INCRBY k -9223372036854775790
    SET k 9223372036854775807
    !INCR k
    DECR k
    SET k -9223372036854775808
    !DECR k
    !DECRBY k 1
    !INCRBY k -1
    INCR k
    DECRBY k -5
    SET k 0
    !DECRBY k -9223372036854775808
    INCRBY k -9223372036854775808
    !INCRBY k 9223372036854775808
    !INCRBY k 1.5
    !INCRBY k ""
    !INCRBY k " 1"
    !INCRBY k +1
    !INCRBY k 01
    !INCRBY k -0
    !DECRBY k x
    !INCR
    !INCRBY k
    !DECR k 1
    EXPIRE k 100
    INCR k
    TTL k
  `,
  "values that are no integers": [
    ...["x", "1.0", " 1", "1 ", "01", "-0", "+1", "", "9223372036854775808", "0x10", "1\\x00"].flatMap(
      (value) => [`SET k "${value}"`, "!INCR k", "!DECRBY k 1", "GET k"],
    ),
  ],
});

const FLOATS = [
  ..."0 1 -1 +1 0.1 .5 5. 1e3 1E-3 1e+2 3.0e3 5e-20 1.5e17 1e18 123456789012345678901234567890".split(" "),
  ..."0.1234567890123456789 -0 -0.0 -1e-30 1e-4950 5e4931 -1e4000 0e99999 0x10 0x1.8p1 0X.8 0x1p-3".split(
    " ",
  ),
  ..."3.14159265358979323846 2.5e-17 5e-18 15e-18 9.99999999999999999 18446744073709551615".split(" "),
  ..."18446744073709551617 36893488147419103233 1e-17 0.99999999999999999999".split(" "),
];
const NO_FLOATS = [
  "",
  " 1",
  "1 ",
  "x",
  "1x",
  "nan",
  "NAN",
  "-nan",
  ".",
  "e5",
  "1e",
  "1e+",
  "0x",
  "0xg",
  "1e5000",
].concat(["1e-5000", "--1", "+-1", "1,5", "1e99999999999999999999", "0x1p", "1_0", "infinit"]);

describeAgainstRedis("floats", {
  "INCRBYFLOAT prints what Redis prints": FLOATS.flatMap((value) => [
    "DEL k",
    same("INCRBYFLOAT", "k", value),
    same("INCRBYFLOAT", "k", value),
    "INCRBYFLOAT k 0.1",
    "INCRBYFLOAT k -1",
    same("SET", "k", value),
    "INCRBYFLOAT k 0",
    "GET k",
  ]),
  "INCRBYFLOAT refuses what Redis refuses": [
    ...NO_FLOATS.flatMap((value) => [
      "DEL k",
      { comparison: "error" as const, args: ["INCRBYFLOAT", "k", value] },
      same("SET", "k", value),
      "!INCRBYFLOAT k 1",
    ]),
    "DEL k",
    ...["inf", "-inf", "Infinity", "+INF"].map((value) => `!INCRBYFLOAT k ${value}`),
    "SET k inf",
    "!INCRBYFLOAT k 1",
    "SET k 1.1e4932",
    "!INCRBYFLOAT k 1.1e4932",
    "!INCRBYFLOAT k",
    "SET k 10.50",
    "EXPIRE k 100",
    "INCRBYFLOAT k 0.1",
    "TTL k",
    "INCRBYFLOAT k -5",
    "SET k 5.0e3",
    "INCRBYFLOAT k 2.0e2",
    "SET k 1",
    "INCRBYFLOAT k 2",
    "INCR k",
  ],
});

withRedis("any floats", ({ connect }) => {
  test("INCRBYFLOAT agrees for random decimal texts", async () => {
    const pair = await connect(2);
    const text = fc
      .tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: -45, max: 30 }))
      .map(([digits, exponent]) => `${digits}e${exponent}`);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 6 }), async (texts) => {
        await compareStep(pair, same("SET", "k", "0"));
        for (const one of texts) await compareStep(pair, same("INCRBYFLOAT", "k", one));
      }),
      { numRuns: 150 },
    );
    await disconnect(pair);
  });
});
