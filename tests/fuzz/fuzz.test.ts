import { expect, test } from "vitest";
import { seeded } from "../support/seeded.ts";
import { startTestServer } from "../support/server.ts";
import { runCampaign } from "./campaign.ts";

test("the server survives malformed requests, and serves others meanwhile", async () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
  console.log(`fuzz seed ${seed}`);
  const server = await startTestServer();
  const witness = await server.client();
  await runCampaign({ address: server.port, requests: 8000, random: seeded(seed), witness });
  expect(server.context.statistics.internalErrors).toBe(0);
  await server.close();
});
