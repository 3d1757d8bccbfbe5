/** What the fuzz of permissions finds in the store: keys of every type that its user may use, and that it may not. */
import type { TestClient } from "../support/client.ts";
import { define } from "../support/machines.ts";
import type { Stock } from "./reach-requests.ts";

/** In every value that one user may not read. */
export const SECRET = "s3cret";

const MACHINE = {
  initial: "open",
  states: {
    open: { on: { GO: "closed", STOP: "stopped" } },
    closed: { on: { GO: "open", STOP: "stopped" } },
    stopped: {},
  },
};
/** In the definition that no user may read. */
export const HIDDEN_TEXT = "h1dden";
const HIDDEN = { ...MACHINE, description: HIDDEN_TEXT, context: { secret: SECRET } };
const MAP = { open: ["GO", "STOP"], GO: ["open"], STOP: [] };

/** An empty store, then keys, definitions, and what the user may have from elsewhere. */
export async function prepareWorld(admin: TestClient): Promise<Stock> {
  await admin.call("FLUSHALL");
  await define(admin, "mine", MACHINE);
  await define(admin, "hidden", HIDDEN);
  const map = (extra: object) => JSON.stringify({ current: "open", map: MAP, initial: "open", ...extra });
  const secret = JSON.stringify({ secret: SECRET });
  for (const request of [
    ["SET", "no:s", SECRET],
    ["SET", "w:s", SECRET],
    ["SM.CREATE", "no:m", "hidden"],
    ["SM.CREATE", "no:mine", "mine", "CONTEXT", secret],
    ["SM.CREATE", "w:m", "mine", "CONTEXT", secret],
    ["SM.SET", "no:p", map({ reason: SECRET })],
    ["XADD", "no:t", "1-1", "field", SECRET],
    ["XGROUP", "CREATE", "no:t", "g", "0"],
    ["HSET", "no:h", "field", SECRET],
    ["RPUSH", "no:l", SECRET, SECRET],
    ["ZADD", "no:z", "1", SECRET],
    ["SADD", "no:set", SECRET],
    ["SET", "r:s", "x"],
    ["SM.CREATE", "r:m", "mine"],
    ["SET", "my:s", "x"],
    ["SM.CREATE", "my:m", "mine"],
    ["SM.SET", "my:p", map({})],
    ["RPUSH", "my:l", "1", "2"],
    ["ZADD", "my:z", "1", "a"],
    ["HSET", "my:h", "field", "x"],
    ["XADD", "my:t", "1-1", "key", "no:mine", "event", "GO"],
    ["XGROUP", "CREATE", "my:t", "g", "0"],
    // It waits for an event that the user may not send: it may not come to wait anywhere else.
    ["SM.CREATE", "my:later", "mine"],
    ["SM.SEND", "my:later", "STOP", "{}", "ID", "later", "DELAY", "3600000"],
    ["SM.MIGRATION", "PLAN", "hidden", "mine"],
    ["SM.CREATE", "elsewhere", "mine"],
    ["SM.SEND", "elsewhere", "STOP", "{}", "ID", "later", "DELAY", "3600000"],
  ])
    await admin.call(...request);
  // A machine of a definition that is not the user's, and one that waits for an event the user may not send.
  const payloads = [await payloadOf(admin, "no:m"), await payloadOf(admin, "elsewhere")];
  await admin.call("DEL", "elsewhere");
  return { payloads };
}

async function payloadOf(admin: TestClient, key: string): Promise<Buffer> {
  const { bytes } = await admin.exchange("DUMP", key);
  return bytes.subarray(bytes.indexOf("\r\n") + 2, -2);
}
