/**
 * The conformance cases through the commands of a server: the definition with SM.DEF CREATE, the machine with
 * SM.CREATE, events with SM.SEND, time by the test's clock. Once as they stand, and once with the server ended, its
 * store closed and both started anew between all steps.
 */
import { expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { CONFORMANCE_CASES, type ConformanceCase, keysOf } from "../../support/conformance-cases.ts";
import { LastingServer } from "../../support/lasting-server.ts";
import { define } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

/** The server a case runs against; `renew` ends it and starts it again over the same data. */
interface Host {
  client: TestClient;
  readonly clock: VirtualClock;
  renew(): Promise<void>;
}

async function run(host: Host, given: ConformanceCase): Promise<void> {
  const { name, events } = given;
  await define(host.client, name, given.definition);
  expect(await host.client.call("SM.CREATE", name, name)).toBe("OK");
  await expectStates(host, name, given.initialConfiguration);
  for (const { after, event, nextConfiguration } of events) {
    await host.renew();
    if (after !== undefined) host.clock.advance(after);
    if (event !== null) await send(host, name, event);
    await expectStates(host, name, nextConfiguration);
  }
}

async function send({ client }: Host, key: string, { type, ...data }: { type: string }): Promise<void> {
  const json = Object.keys(data).length === 0 ? [] : [JSON.stringify(data)];
  const reply = await client.call("SM.SEND", key, type, ...json);
  // An event nothing takes is refused here and passed over in the cases.
  if (reply instanceof ReplyFailure) expect(reply.message).toMatch(/^(ILLEGAL|GUARD|DONE) /);
}

async function expectStates({ client }: Host, key: string, wanted: readonly string[] | null): Promise<void> {
  const states = await client.call("SM.STATE", key);
  if (wanted === null) return;
  if (!Array.isArray(states)) throw new Error(`${key} is not a machine`);
  expect(keysOf(states.map(String)), key).toEqual([...wanted].sort());
}

test("the conformance cases pass through the commands", async () => {
  expect(CONFORMANCE_CASES).toHaveLength(124);
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  const host: Host = { client: await server.client(), clock, renew: async () => undefined };
  for (const given of CONFORMANCE_CASES) await run(host, given);
  expect(await host.client.call("SM.VERIFY")).toEqual([]);
  await server.close();
});

test("the conformance cases pass with the server started anew between all steps", async () => {
  const server = new LastingServer();
  const host: Host = {
    client: await server.open(),
    clock: server.clock,
    renew: async () => {
      host.client = await server.restart();
    },
  };
  await runTogether(host);
  expect(await host.client.call("SM.VERIFY")).toEqual([]);
  await server.close();
});

/** All cases step by step side by side, so that one restart serves them all. Those with waits go one by one. */
async function runTogether(host: Host): Promise<void> {
  const timed = CONFORMANCE_CASES.filter(({ events }) => events.some(({ after }) => after !== undefined));
  for (const given of timed) await run(host, given);
  const others = CONFORMANCE_CASES.filter((given) => !timed.includes(given));
  for (const given of others) {
    await define(host.client, given.name, given.definition);
    await host.client.call("SM.CREATE", given.name, given.name);
    await expectStates(host, given.name, given.initialConfiguration);
  }
  const stepCount = Math.max(...others.map(({ events }) => events.length));
  for (let step = 0; step < stepCount; step += 1) {
    await host.renew();
    for (const { name, events } of others) {
      const given = events[step];
      if (given?.event) await send(host, name, given.event);
      if (given !== undefined) await expectStates(host, name, given.nextConfiguration);
    }
  }
}
