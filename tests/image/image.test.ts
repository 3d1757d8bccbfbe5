/** The image, built and run as a container would be: `make image-test`. It takes minutes, so other runs leave it out. */
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { filesOf, playLines, sessionsOf } from "../docs/sessions.ts";
import { TestClient } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { Images, imageToolsMissing } from "./container.ts";

const BUILD_MS_MAX = 20 * 60_000;
const title = imageToolsMissing === undefined ? "the image" : `the image (${imageToolsMissing})`;

describe.skipIf(imageToolsMissing !== undefined)(title, () => {
  const directory = mkdtempSync(join(tmpdir(), "detent-image-"));
  const images = new Images(directory);
  let image: string;

  beforeAll(() => {
    image = images.build();
  }, BUILD_MS_MAX);

  afterAll(() => images.remove(), BUILD_MS_MAX);

  /** A container in which the entrypoint runs with these arguments, or with the image's own. */
  async function started(...args: readonly string[]) {
    const { Entrypoint, Cmd } = images.config(image);
    const container = images.create(image);
    const child = images.start(container, [...Entrypoint, ...(args.length === 0 ? Cmd : args)]);
    let output = "";
    const ended = once(child, "close").then(([code]) => code as number | null);
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    const ready = new Promise<void>((resolve, reject) => {
      const received = (chunk: Buffer) => {
        output += chunk.toString();
        if (/Ready to accept connections tcp/.test(output)) resolve();
      };
      child.stdout?.on("data", received);
      child.stderr?.on("data", received);
      void ended.then((code) => reject(new Error(`the container ended with ${code}:\n${output}`)));
    });
    await ready;
    return { container, ended, output: () => output };
  }

  test("has the configuration that a container starts with", () => {
    expect(images.config(image)).toMatchObject({
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["detent"],
      ExposedPorts: { "6379/tcp": {} },
      Volumes: { "/data": {} },
      Healthcheck: { Test: ["CMD", "node", "/app/dist/healthcheck.js"] },
    });
  });

  test("plays the README's session, is no longer root, and ends with 0 on SIGTERM", async () => {
    const port = await freePort();
    const server = await started("redis-server", "--port", String(port), "--protected-mode", "no");
    const client = await TestClient.connect(port);
    const page = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
    const files = filesOf(page);
    for (const session of sessionsOf(page)) {
      // Here the clock is the real one: what follows a lapse of time is for the tests of the documentation.
      const [text = ""] = session.split(/^# .* later$/m);
      const later = () => expect.fail("the session was cut where time passes");
      expect(await playLines(text, { client, files, later })).toBe(text);
    }
    const [, id] = /process_id:(\d+)/.exec(String(await client.call("INFO", "server"))) ?? [];
    expect(readFileSync(`/proc/${id}/status`, "utf8")).toMatch(/^Uid:\t999\t999\t/m);
    process.kill(Number(id), "SIGTERM");
    expect(await server.ended).toBe(0);
    expect(server.output()).toContain("bye bye");
  });

  test("checks its health, and has no files of the build", async () => {
    const container = images.create(image);
    expect(images.run(container, "detent", "--version")).toMatch(/^Detent server v=/);
    expect(images.run(container, "ls", "/app/node_modules/.bin").trim()).not.toContain("tsc");
    const port = await freePort();
    const server = await started("--port", String(port));
    const [command, ...args] = images.config(image).Healthcheck.Test.slice(1);
    images.run(server.container, command ?? "", ...args, "--port", String(port));
    const client = await TestClient.connect(port);
    client.write("*1\r\n$8\r\nSHUTDOWN\r\n");
    expect(await server.ended).toBe(0);
  });
});
