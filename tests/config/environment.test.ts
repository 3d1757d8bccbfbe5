import { expect, test } from "vitest";
import { DIRECTIVES } from "../../src/config/directives.ts";
import { environmentLines, unknownVariableText } from "../../src/config/environment.ts";
import { configFrom, load, memoryFiles } from "./sources.ts";

test("environmentLines() reads a variable for every directive", () => {
  const names = Object.keys(DIRECTIVES);
  const variables = names.map((name) => `DETENT_${name.toUpperCase().replaceAll("-", "_")}`);
  const { lines, unknown } = environmentLines(Object.fromEntries(variables.map((name) => [name, "1"])));
  expect(unknown).toEqual([]);
  expect(lines.map(({ line }) => line.split(" ")[0]).sort()).toEqual(names.sort());
});

test("environmentLines() ignores service variables of Kubernetes, and reports variables without a directive", () => {
  expect(
    environmentLines({
      HOME: "/root",
      DETENT_PORT: "tcp://10.0.0.1:6379",
      DETENT_SERVICE_HOST: "10.0.0.1",
      DETENT_SERVICE_PORT: "6379",
      DETENT_SERVICE_PORT_RESP: "6379",
      DETENT_PORT_6379_TCP: "tcp://10.0.0.1:6379",
      DETENT_PORT_6379_TCP_ADDR: "10.0.0.1",
      DETENT_CONTAINER: "yes",
      DETENT_REQUIREPAS: "x",
    }),
  ).toEqual({ lines: [], unknown: ["DETENT_REQUIREPAS"] });
  expect(environmentLines({ DETENT_PORT: "7000" }).lines).toEqual([
    { variable: "DETENT_PORT", line: 'port "7000"' },
  ]);
});

test("loadConfig() lets the environment override the file, and options both", () => {
  const config = configFrom(
    load(["detent.conf", "--timeout", "3"], {
      files: memoryFiles({
        "/srv/detent.conf": "timeout 1\nmaxclients 1\nhz 20\nsave 1 1\nrename-command GET FETCH",
        "/srv/more.conf": "tcp-keepalive 9",
      }),
      environment: {
        DETENT_TIMEOUT: "2",
        DETENT_MAXCLIENTS: "2",
        DETENT_REQUIREPASS: `p\u00e4 "ss'\\x41`,
        DETENT_SAVE: "60 5 30 6",
        DETENT_CLIENT_OUTPUT_BUFFER_LIMIT: "pubsub 1 2 3",
        DETENT_INCLUDE: "more.conf",
        DETENT_RENAME_COMMAND: 'SET PUT\nDEBUG ""\n',
      },
    }),
  );
  expect(
    ["timeout", "maxclients", "hz", "tcp-keepalive"].map((name) => config.match([name])[0]?.[1]),
  ).toEqual(["3", "2", "20", "9"]);
  expect(Buffer.from(config.get("requirepass"), "latin1").toString("utf8")).toBe(`p\u00e4 "ss'\\x41`);
  expect(config.match(["save"])).toEqual([["save", "60 5 30 6"]]);
  expect(config.get("client-output-buffer-limit").pubsub).toEqual({
    hardBytes: 1,
    softBytes: 2,
    softSeconds: 3,
  });
  expect(config.get("rename-command").map(({ from, to }) => [from, to])).toEqual([
    ["SET", "PUT"],
    ["DEBUG", ""],
  ]);
});

test("loadConfig() names the variable at fault, and not its value", () => {
  expect(load([], { environment: { DETENT_MAXCLIENTS: "many" } })).toEqual({
    kind: "error",
    exitCode: 1,
    text:
      "\n*** FATAL CONFIG FILE ERROR (Detent 1.2.3) ***\nReading the environment\n>>> 'DETENT_MAXCLIENTS'\n" +
      "argument couldn't be parsed into an integer\n",
  });
});

test("unknownVariableText() names the variable that was meant, if there is one like it", () => {
  const text = "in the environment names no directive";
  expect(unknownVariableText("DETENT_REQUIREPAS")).toBe(
    `DETENT_REQUIREPAS ${text}; did you mean DETENT_REQUIREPASS?`,
  );
  expect(unknownVariableText("DETENT_NOSUCH")).toBe(`DETENT_NOSUCH ${text}`);
});
