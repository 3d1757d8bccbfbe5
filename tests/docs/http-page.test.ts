/** The sessions of docs/http.md, typed into a shell; `npm run docs` writes the answers of the present server into the page. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const PATH = join(import.meta.dirname, "../../docs/http.md");
const FENCE = /^```console\n([\s\S]*?)^```$/gm;

const hasCurl = spawnSync("curl", ["--version"]).error === undefined;
if (!hasCurl) process.stderr.write("curl is missing: the sessions of docs/http.md are not played\n");

function run(command: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
    child.on("close", () => resolve(output));
  });
}

test.runIf(hasCurl)("docs/http.md shows the answers of the server", async () => {
  const page = readFileSync(PATH, "utf8");
  const server = await startTestServer({
    http: true,
    clock: new VirtualClock(),
    config: { "http-base-durable": "/durable" },
  });
  try {
    const played: string[] = [];
    for (const [, text = ""] of page.matchAll(FENCE)) {
      const lines: string[] = [];
      for (const line of text.split("\n").filter((one) => one.startsWith("$ "))) {
        lines.push(
          line,
          (await run(line.slice(2).replaceAll("http://127.0.0.1:8379", server.url))).trimEnd(),
        );
      }
      played.push(`\`\`\`console\n${lines.join("\n")}\n\`\`\``);
    }
    let next = 0;
    const shown = page.replaceAll(FENCE, () => {
      next += 1;
      return played[next - 1] ?? "";
    });
    await expect(shown).toMatchFileSnapshot(PATH);
  } finally {
    await server.close();
  }
});
