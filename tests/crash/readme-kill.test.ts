/** The first minute of README.md, with a real process that is killed while the timer of the order runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../docs/reading-order.ts";
import { filesOf, playLines, sessionsOf } from "../docs/sessions.ts";
import { TestClient } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";

const READY = /Ready to accept connections/;
const readme = readFileSync(join(ROOT, "README.md"), "utf8");

test("the server that is killed with a timer running shows the replies of README.md after its restart", async () => {
  const [before = "", after = ""] = sessionsOf(readme);
  expect(before).toContain("PAY");
  expect(after).toMatch(/^# 10 seconds later\n> SM\.STATE order:1\n1\) late\n/);
  const dir = temporaryDirectory();
  const socket = join(dir, "socket");
  const args = ["--port", "0", "--unixsocket", socket, "--dir", dir];
  const play = (client: TestClient, text: string) =>
    playLines(text, { client, files: filesOf(readme), later: () => undefined });

  const first = startProgram({ args });
  await first.printed(READY);
  const client = await TestClient.connect(socket);
  expect(await play(client, before)).toBe(before);
  const [, pid] = /^process_id:(\d+)/m.exec(String(await client.call("INFO", "server"))) ?? [];
  process.kill(Number(pid), "SIGKILL");
  expect(await first.ended).toBe("SIGKILL");

  const second = startProgram({ args });
  await second.printed(READY);
  const again = await TestClient.connect(socket);
  // The timer of the page is a real one: ten seconds from the payment on, wherever the server is by then.
  await expect
    .poll(async () => String(await again.call("SM.STATE", "order:1")), { timeout: 45_000, interval: 200 })
    .toBe("late");
  expect(await play(again, after)).toBe(after);
  await again.close();
});
