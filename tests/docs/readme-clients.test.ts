/** The program that README.md shows prints what stands below it, run against a server with its definition. */
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../support/server.ts";

const ROOT = join(import.meta.dirname, "../..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");

/** A program of the page and the output below it. */
function program(language: string): { readonly source: string; readonly output: string } {
  const fence = new RegExp(
    `^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`\\n\\n\`\`\`\\n([\\s\\S]*?)^\`\`\`$`,
    "m",
  );
  const [, source = "", output = ""] = fence.exec(readme) ?? [];
  expect(source).toContain("6379");
  return { source, output };
}

async function outputOf(command: string, args: readonly string[], source: string): Promise<string> {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const client = await server.client();
  const definition = /^```json order.json\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? "";
  expect(await client.call("SM.DEF", "CREATE", "order", definition)).toBe("order:v1");
  const ran = source.replaceAll("6379", String(server.port));
  return (await promisify(execFile)(command, [...args, ran], { cwd: ROOT })).stdout;
}

const PYTHON = ["/usr/bin/python3", "python3"].find((python) => {
  try {
    execFileSync(python, ["-c", "import redis"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
});

test.skipIf(PYTHON === undefined)(
  "the redis-py program of README.md prints what the page shows",
  async () => {
    const { source, output } = program("python");
    expect(await outputOf(PYTHON ?? "", ["-c"], source)).toBe(output);
  },
);
