/** Bulk jobs of a server that ends, by itself or by kill -9, and is started again over its directory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { type Program, startProgram } from "../support/program.ts";

const MACHINES = 600;
const KILLS = 3;
const LAMP = {
  initial: "on",
  context: { presses: 0 },
  states: { on: { on: { PRESS: { actions: [{ assign: { presses: "context.presses + 1" } }] } } } },
};

interface Served {
  readonly program: Program;
  readonly client: TestClient;
  ask(method: string, path: string, body?: unknown): Promise<Answered>;
}

interface Answered {
  readonly id: string;
  readonly status: string;
  readonly machines: number;
  readonly done: number;
  readonly refused: number;
  readonly isUndoable: boolean;
  readonly jobs: readonly Answered[];
  readonly results: ReadonlyArray<{ readonly key: string; readonly outcome: string | null }>;
}

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), "detent-jobs-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function serve(dir: string): Promise<Served> {
  const [port, httpPort] = [await freePort(), await freePort()];
  const args = ["--port", String(port), "--http-port", String(httpPort), "--dir", dir, "--bind", "127.0.0.1"];
  const program = startProgram({ args });
  await program.printed(/Ready to accept connections/);
  const client = await TestClient.connect(port);
  onTestFinished(() => client.close().catch(() => undefined));
  const ask = async (method: string, path: string, body?: unknown) =>
    (await request(`http://127.0.0.1:${httpPort}`, `/api/v1/jobs${path}`, { method, body })).json as Answered;
  return { program, client, ask };
}

async function lamps(client: TestClient): Promise<void> {
  await define(client, "lamp:v1", LAMP);
  await client.pipeline(Array.from({ length: MACHINES }, (_, at) => ["SM.CREATE", `l${at}`, "lamp"]));
}

async function ready(served: Served, rate: number): Promise<string> {
  const task = { action: "send", event: "PRESS", filter: { definition: "lamp" }, rate };
  const { id } = await served.ask("POST", "", task);
  await until(served, id, ({ status }) => status === "ready");
  return id;
}

async function until(served: Served, id: string, holds: (job: Answered) => boolean): Promise<Answered> {
  const answers: Answered[] = [];
  await expect
    .poll(
      async () => {
        answers.push(await served.ask("GET", `/${id}`));
        return answers.some(holds);
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  return answers.at(-1) as Answered;
}

test("a bulk job acts on every machine once across kill -9, and goes on by itself", {
  timeout: 180_000,
}, async () => {
  const dir = directory();
  let served = await serve(dir);
  await lamps(served.client);
  const id = await ready(served, 500);
  await served.ask("POST", `/${id}/start`);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const share = (MACHINES * kill) / (KILLS + 1);
    const before = await until(served, id, ({ done }) => done >= share);
    served.program.child.kill("SIGKILL");
    await served.program.ended;
    served = await serve(dir);
    // What was acknowledged is there, and may be more.
    const after = await until(served, id, ({ status }) => status !== undefined);
    expect(after.done).toBeGreaterThanOrEqual(before.done);
  }
  const ended = await until(served, id, ({ status }) => status === "done");
  expect(ended).toMatchObject({ machines: MACHINES, done: MACHINES, refused: 0, isUndoable: true });
  const presses = await served.client.pipeline(
    Array.from({ length: MACHINES }, (_, at) => ["SM.INFO", `l${at}`]),
  );
  expect(
    new Set(presses.map((info) => /"presses":\d+/.exec(JSON.stringify(info).replaceAll("\\", ""))?.[0])),
  ).toEqual(new Set(['"presses":1']));
});

test("jobs that wait for their start, were stopped or have ended are there after a restart", {
  timeout: 120_000,
}, async () => {
  const dir = directory();
  const first = await serve(dir);
  await lamps(first.client);
  const waiting = await ready(first, 10_000);
  const ended = await ready(first, 10_000);
  await first.ask("POST", `/${ended}/start`);
  await until(first, ended, ({ status }) => status === "done");
  const stopped = await ready(first, 1);
  await first.ask("POST", `/${stopped}/start`);
  await first.ask("POST", `/${stopped}/stop`);
  const { jobs } = await first.ask("GET", "");
  first.program.child.kill("SIGTERM");
  await first.program.ended;
  const second = await serve(dir);
  await expect.poll(async () => (await second.ask("GET", "")).jobs).toEqual(jobs);
  // One that was ready can begin, and one that has ended can be taken back.
  await second.ask("POST", `/${waiting}/start`);
  expect(await until(second, waiting, ({ status }) => status === "done")).toMatchObject({ done: MACHINES });
  const { id } = await second.ask("POST", `/${waiting}/undo`);
  expect(Number(id)).toBe(Number(stopped) + 1);
  await until(second, id, ({ status }) => status === "ready");
});
