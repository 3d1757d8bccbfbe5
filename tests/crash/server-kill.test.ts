import { expect, test } from "vitest";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { runRounds } from "./rounds.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 20);

test("a server with 64 connections has every acknowledged command after each of many kill -9", async () => {
  console.info(`SEED=${SEED}`);
  const rounds = { directory: temporaryDirectory(), rounds: ROUNDS, connections: 64, random: seeded(SEED) };
  expect(await runRounds(rounds)).toBeGreaterThan(ROUNDS);
}, 300_000);
