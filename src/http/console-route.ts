/** The console: the files that its build has left, from memory, under a policy that lets a page load nothing but them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Hono } from "hono";
import { BUILD_ROOT } from "../base/program-files.ts";
import type { Env } from "./app-context.ts";
import { badRequest } from "./problem.ts";

const TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".svg", "image/svg+xml"],
]);

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function addConsole(app: Hono<Env>): void {
  const files = consoleFiles();
  app.get("/", () => {
    const page = files.get("index.html");
    if (page === undefined) throw badRequest(404, "the console is not built here: npm run build");
    return respond("index.html", page, "no-cache");
  });
  // Their names change with what they hold.
  for (const [name, bytes] of files)
    app.get(`/${name}`, () => respond(name, bytes, "public, max-age=31536000, immutable"));
}

function respond(name: string, bytes: Buffer<ArrayBuffer>, caching: string): Response {
  return new Response(bytes, {
    headers: {
      "content-type": TYPES.get(extname(name)) ?? "application/octet-stream",
      "cache-control": caching,
      "content-security-policy": POLICY,
    },
  });
}

/** What the build has left; none where the sources run and nothing was built. */
function consoleFiles(): ReadonlyMap<string, Buffer<ArrayBuffer>> {
  const root = fileURLToPath(new URL("console/", BUILD_ROOT));
  if (!existsSync(join(root, "assets"))) return new Map();
  const names = ["index.html", ...readdirSync(join(root, "assets")).map((name) => `assets/${name}`)];
  return new Map(names.map((name) => [name, Buffer.from(readFileSync(join(root, name)))]));
}
