import { expect, test } from "vitest";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { startTestServer } from "../support/server.ts";
import { runCampaign } from "./campaign.ts";

test("the server survives malformed requests, and serves others meanwhile", async () => {
  console.log(`fuzz seed ${SEED}`);
  const server = await startTestServer();
  const witness = await server.client();
  await runCampaign({ address: server.port, requests: 8000, random: seeded(SEED), witness });
  expect(server.context.statistics.internalErrors).toBe(0);
  await server.close();
});
