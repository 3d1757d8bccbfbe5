/** Live events of a server that is killed: what was acknowledged comes once, whatever happens in between. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { EventClient } from "../support/event-client.ts";
import { freePort } from "../support/free-port.ts";
import { define } from "../support/machines.ts";
import { startProgram } from "../support/program.ts";

const ROUNDS = 3;
const EVENTS = 60;

test("changes are neither lost nor repeated across kill -9 and reconnects", {
  timeout: 120_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), "detent-sse-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const [port, httpPort] = [await freePort(), await freePort()];
  const args = ["--port", String(port), "--http-port", String(httpPort), "--dir", dir, "--bind", "127.0.0.1"];
  const seen: string[] = [];
  let lastId = "0-0";
  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const program = startProgram({ args });
    await program.printed(/Ready to accept connections/);
    const client = await TestClient.connect(port);
    if (round === 0) {
      await define(client, "lamp:v1", {
        initial: "off",
        states: { off: { on: { PRESS: "on" } }, on: { on: { PRESS: "off" } } },
      });
      await client.call("SM.CREATE", "hall", "lamp");
    }
    const events = new EventClient(`http://127.0.0.1:${httpPort}`, "/api/v1/changes?definition=lamp", lastId);
    for (let i = 0; i < EVENTS; i += 1) {
      await client.call("SM.SEND", "hall", "PRESS");
      acknowledged += 1;
    }
    // In some rounds the kill comes before all events have.
    await events.until(round === ROUNDS - 1 ? 1 + acknowledged - seen.length : 20);
    program.child.kill("SIGKILL");
    await program.ended;
    events.close();
    seen.push(...events.events.map(({ data }) => String(data["rev"])));
    lastId = events.events.at(-1)?.id ?? lastId;
    await client.close().catch(() => undefined);
  }
  expect(seen).toEqual(Array.from({ length: acknowledged + 1 }, (_, index) => String(index + 1)));
});
