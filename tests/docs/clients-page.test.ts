/** The programs of docs/clients.md print what the page shows, each language where its interpreter and library are. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/clients.md"), "utf8");

/** The programs of a language, and all that they print. */
function program(language: string): { readonly source: string; readonly output: string } {
  const fence = new RegExp(
    `^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`\\n\\n\`\`\`text\\n([\\s\\S]*?)^\`\`\`$`,
    "gm",
  );
  const found = [...page.matchAll(fence)];
  return {
    source: found.map(([, source]) => source).join("\n"),
    output: found.map(([, , output]) => output).join(""),
  };
}

/** Why a language is skipped; undefined where it is not. */
function missing(what: string, command: string, ...args: readonly string[]): string | undefined {
  try {
    execFileSync(command, args, { stdio: "ignore", env: { ...process.env, GO111MODULE: "off", GOPATH } });
    return undefined;
  } catch {
    return `skipped: no ${what} here`;
  }
}

/** Where Debian has the sources of Go's libraries. */
const GOPATH = "/usr/share/gocode";
const GO_CACHE = "/tmp/detent-go-cache";

/** Sources with the signatures of Jedis, which is not among the packages of Debian. */
const JEDIS = join(ROOT, "tests/docs/jedis");

interface Language {
  readonly language: string;
  readonly file: string;
  readonly command: readonly string[];
  readonly without: string | undefined;
}

const LANGUAGES: readonly Language[] = [
  {
    language: "python",
    file: "program.py",
    command: ["/usr/bin/python3"],
    without: missing("python3-redis", "/usr/bin/python3", "-c", "import redis.asyncio"),
  },
  {
    language: "php",
    file: "program.php",
    command: ["php"],
    without: missing("php-redis", "php", "-r", 'exit(phpversion("redis") === false ? 1 : 0);'),
  },
  {
    language: "go",
    file: "main.go",
    command: ["go", "run"],
    without: missing("Go with redigo", "go", "list", "github.com/gomodule/redigo/redis"),
  },
  {
    language: "java",
    file: "Parcel.java",
    command: ["sh", "-c", `javac -d "\${0%/*}" -sourcepath ${JEDIS} "$0" && java -cp "\${0%/*}" Parcel`],
    without: missing("JDK", "javac", "-version"),
  },
];

for (const { language, file, command, without } of LANGUAGES) {
  test.skipIf(without !== undefined)(
    `the ${language} programs of docs/clients.md print what the page shows${without === undefined ? "" : ` (${without})`}`,
    async () => {
      const server = await startTestServer();
      onTestFinished(() => server.close());
      const client = await server.client();
      const definition = /^```json parcel-order.json\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "";
      expect(await client.call("SM.DEF", "CREATE", "parcel-order", definition)).toBe("parcel-order:v1");
      const { source, output } = program(language);
      expect(source).toContain("6379");
      const directory = temporaryDirectory();
      const path = join(directory, file);
      mkdirSync(GO_CACHE, { recursive: true });
      writeFileSync(path, source.replaceAll("6379", String(server.port)));
      const [name = "", ...args] = command;
      const { stdout } = await promisify(execFile)(name, [...args, path], {
        env: {
          ...process.env,
          ...{ PYTHONPATH: join(ROOT, "clients/python/src"), PYTHONDONTWRITEBYTECODE: "1" },
          ...{ GO111MODULE: "off", GOPATH, GOCACHE: GO_CACHE },
        },
      });
      expect(stdout).toBe(output);
    },
    300_000,
  );
}
