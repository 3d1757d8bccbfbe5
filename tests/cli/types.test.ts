/** detent types: a module that compiles, with the names of a definition. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

const LOAN = {
  id: "home-loan",
  context: { sum: 0, who: { name: "", "e-mail": null }, parts: [1, "a"], notes: [] },
  states: {
    asked: {
      on: { RAISE: { actions: [{ task: "check", input: "context.sum" }] }, "audit.*": {} },
      join: {
        all: { bank: "BANK", client: { any: { mail: "MAIL", late: { after: "2h" } } } },
        target: "paid",
      },
      after: { "72h": "paid" },
    },
    paid: { initial: "out", states: { out: {}, back: { type: "final" } }, onDone: "asked" },
  },
};

const MODULE = `/** Made by \`detent types loan.json\`. */
import type { Client } from "detent/client";

export type HomeLoanState = "asked" | "paid" | "paid.out" | "paid.back";

export interface HomeLoanEvents {
  RAISE: unknown;
  audit: unknown;
  [event: \`audit.\${string}\`]: unknown;
  BANK: unknown;
  MAIL: unknown;
}

export type HomeLoanContext = {
  sum: number;
  who: {
    name: string;
    "e-mail": unknown;
  };
  parts: Array<number | string>;
  notes: unknown[];
};

export interface HomeLoanTasks {
  check: { input: unknown; output: unknown };
}

export type HomeLoanClient = Client<HomeLoanEvents, HomeLoanContext, HomeLoanTasks, HomeLoanState>;`;

function file(content: object): string {
  const path = join(temporaryDirectory(), "loan.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test("detent types prints the events, states, data and tasks of a definition", async () => {
  expect(await cli("types", file(LOAN))).toEqual({ code: 0, out: MODULE, err: "" });
});

test("detent types prints a module that compiles strictly beside the client", async () => {
  const directory = temporaryDirectory();
  const use = `
import { createClient } from "detent/client";
import type { HomeLoanClient } from "./loan.ts";
declare const client: HomeLoanClient;
void client.send("k", "audit.begun");
void client.wait("k", { state: "paid.out" }, 0);
// @ts-expect-error: there is no such event
void client.send("k", "PAY");
void createClient;
`;
  writeFileSync(join(directory, "loan.ts"), MODULE);
  writeFileSync(join(directory, "use.ts"), use);
  const tsconfig = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      paths: { "detent/client": [join(ROOT, "src/client/client.ts")] },
      typeRoots: [join(ROOT, "node_modules/@types")],
    },
    include: ["*.ts"],
  };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(tsconfig));
  writeFileSync(join(directory, "package.json"), '{"type":"module"}');
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", directory]).catch(
    (error) => error,
  );
  expect(stdout).toBe("");
}, 120_000);

test("detent types takes maps, and a name for the types", async () => {
  const map = { initial: "off", map: { off: ["on"], on: ["off"] } };
  const { out } = await cli("types", file(map), "--name", "wall switch");
  expect(out).toContain('export type WallSwitchState = "off" | "on";');
  expect(out).toContain("export interface WallSwitchEvents {\n  on: unknown;\n  off: unknown;\n}");
  expect(out).toContain("export type WallSwitchContext = unknown;");
});

test("detent types refuses what does not compile, and a name that is none", async () => {
  const wrong = await cli("types", file({ states: { a: { on: { GO: "b" } } } }));
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("$.states.a.on.GO") });
  expect(await cli("types", file(LOAN), "--name", "7")).toMatchObject({ code: 2 });
});
