/** A machine in a file: at each revision it is what the server says it was, and goes on from there. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { forked } from "../../src/console/fork.ts";
import { originAt, readMachineFile } from "../../src/console/machine-file.ts";
import { played, read } from "../../src/console/simulator.ts";
import type { TestClient } from "../support/client.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const PLAYER = {
  id: "player",
  initial: "on",
  context: { volume: 5, list: ["a"], tags: { old: true } },
  states: {
    on: {
      initial: "paused",
      states: {
        paused: { on: { PLAY: "playing" } },
        playing: {
          on: {
            LOUDER: { actions: [{ assign: { volume: "context.volume + 1" } }] },
            ADD: { actions: [{ assign: { "list[1]": "event.title", "tags.fresh": "[1, 2]" } }] },
          },
        },
        last: { type: "history" },
      },
      on: { STOP: "off", PLAY: ".playing" },
    },
    off: { on: { START: "#player.on.last" } },
  },
};

let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  server = await startTestServer({ http: true });
  client = await server.client();
  await define(client, "player:v1", PLAYER);
  await client.call("SM.CREATE", "p1", "player");
  for (const event of ["PLAY", "LOUDER", "LOUDER"]) await client.call("SM.SEND", "p1", event);
  await client.call("SM.SEND", "p1", "ADD", '{"title":"b"}');
  await client.call("SM.PATCH", "p1", '{"tags":{"old":null}}');
  await client.call("SM.SEND", "p1", "STOP");
});
afterEach(() => server.close());

async function file() {
  const { body } = await request(server.url, "/api/v1/machines/p1/export");
  return readMachineFile(body);
}

test("originAt() has the states and the context that SM.INFO tells of each revision", async () => {
  const opened = await file();
  expect(opened).toMatchObject({ key: "p1", definition: "player:v1", info: { rev: 7 } });
  for (let rev = 1; rev <= 7; rev += 1) {
    const told = await request(server.url, `/api/v1/machines/p1?rev=${rev}`);
    const { states, context, history } = originAt(opened, rev);
    expect({ state: states, context }).toEqual({
      state: (told.json as { state: unknown }).state,
      context: (told.json as { context: unknown }).context,
    });
    expect(history.at(-1)?.rev).toBe(rev);
  }
});

test("originAt() folds from the oldest revision that is kept when the history was trimmed", async () => {
  await client.call("CONFIG", "SET", "sm-history-max", "3");
  await client.call("SM.SEND", "p1", "START");
  const opened = await file();
  expect(opened.history.map(({ rev }) => rev)).toEqual([6, 7, 8]);
  expect(originAt(opened, 6)).toMatchObject({
    states: ["on.playing"],
    context: { volume: 7, list: ["a", "b"], tags: { fresh: [1, 2] } },
  });
});

test("forked() remembers what history states do, from the history of the machine", async () => {
  const opened = await file();
  const { machine } = read(opened.document);
  if (machine === undefined) throw new Error("the definition compiles");
  const frame = forked(machine, 0, originAt(opened, 7));
  if (frame === undefined) throw new Error("the definition has the states");
  expect(frame.states).toEqual(["off"]);
  expect(played(machine, frame, { kind: "send", event: "START" }).states).toEqual(["on.playing"]);
});

test("readMachineFile() says what a file lacks", async () => {
  expect(() => readMachineFile('{"detent":"export","format":1}\n{"end":true}\n')).toThrow(
    "no machine that can be opened",
  );
  expect(() => readMachineFile('{"detent":"export","format":1}\nnope\n')).toThrow("Line 2 of the file");
  await client.call("SM.SET", "m1", '{"current":"","map":{"a":["b"],"b":[]},"initial":"a"}');
  const { body } = await request(server.url, "/api/v1/machines/m1/export");
  expect(() => readMachineFile(body)).toThrow("A map machine has no definition");
});
