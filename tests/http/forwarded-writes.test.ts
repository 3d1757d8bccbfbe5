/** Requests over HTTP that change machines which another server of the cluster holds: they are run there, once. */
import { expect, test } from "vitest";
import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";

const LAMP = {
  initial: "off",
  states: { off: { on: { PRESS: "on" } }, on: { on: { PRESS: "off" } } },
};

async function begin() {
  const servers = await sharedInMemory({ hasHttp: true });
  await servers.server(0).client.call("SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP));
  // Of the second server; the first one is asked.
  const key = servers.keyOf(1, "lamp");
  await servers.server(1).client.call("SM.CREATE", key, "lamp");
  return { servers, key, path: `machines/${encodeURIComponent(key)}` };
}

interface Sent {
  readonly body?: unknown;
  readonly user?: string;
}

async function asked(servers: SharedServers, method: string, path: string, { body, user }: Sent = {}) {
  const response = await fetch(`http://127.0.0.1:${servers.server(0).running.httpPort}/api/v1/${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(user === undefined ? {} : { authorization: `Basic ${Buffer.from(user).toString("base64")}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

const press = (id?: string) => ({ body: { event: "PRESS", ...(id === undefined ? {} : { id }) } });

test("a machine of another server is made, moved, corrected and deleted at any of them", async () => {
  const { servers, key } = await begin();
  const path = `machines/${encodeURIComponent(servers.keyOf(4, "new"))}`;
  expect(await asked(servers, "PUT", path, { body: { definition: "lamp" } })).toMatchObject({
    status: 201,
    body: { state: ["off"], rev: 1 },
  });
  expect(await asked(servers, "POST", `${path}/events`, press())).toMatchObject({
    status: 200,
    body: { to: ["on"], rev: 2 },
  });
  expect(await asked(servers, "POST", `${path}/events`, { body: { event: "GO" } })).toMatchObject({
    status: 409,
    body: { code: "ILLEGAL", accepted: ["PRESS"] },
  });
  expect(await asked(servers, "PATCH", `${path}?reason=typo`, { body: { hours: 1 } })).toMatchObject({
    status: 200,
    body: { rev: 3 },
  });
  expect((await asked(servers, "POST", `${path}/suspend`, { body: {} })).status).toBe(200);
  expect((await asked(servers, "DELETE", path)).status).toBe(204);
  expect((await asked(servers, "GET", path)).status).toBe(404);
  const command = ["SET", servers.keyOf(1, "note"), "x"];
  expect(await asked(servers, "POST", "commands", { body: command })).toEqual({ status: 200, body: "OK" });
  expect(await servers.server(1).client.call("GET", servers.keyOf(1, "note"))).toBe("x");
  expect(await servers.server(1).client.call("SM.STATE", key)).toEqual(["off"]);
});

test("a request goes on to the server that has the partition by now", async () => {
  const { servers, path } = await begin();
  await servers.lose(1, 1);
  await servers.take(2, 1);
  expect((await asked(servers, "POST", `${path}/events`, press())).status).toBe(200);
});

test("without an answer it says that nobody knows whether it was done, and sends it once", async () => {
  const { servers, key, path } = await begin();
  let answers = 0;
  servers.isLost = ({ kind }) => {
    if (kind === "answer") answers += 1;
    return kind === "answer";
  };
  expect(await asked(servers, "POST", `${path}/events`, press())).toMatchObject({
    status: 504,
    body: { code: "UNANSWERED", title: "Gateway Timeout" },
  });
  expect(answers).toBe(1);
  expect(await servers.server(1).client.call("SM.STATE", key)).toEqual(["on"]);
}, 30_000);

test("an event with an id is sent again when an answer was lost, and applied once", async () => {
  const { servers, key, path } = await begin();
  let answers = 0;
  servers.isLost = ({ kind }) => {
    if (kind === "answer") answers += 1;
    return kind === "answer" && answers === 1;
  };
  expect(await asked(servers, "POST", `${path}/events`, press("e1"))).toMatchObject({
    status: 200,
    body: { to: ["on"], id: "e1" },
  });
  expect(answers).toBe(2);
  expect(await servers.server(1).client.call("SM.HISTORY", key, "-", "+", "COUNT", "10")).toHaveLength(2);
}, 30_000);

test("a list of commands is run here alone, transactions among them", async () => {
  const { servers, key } = await begin();
  const write = ["SM.SEND", key, "PRESS"];
  const moved = { error: { code: "MOVED" } };
  const list = [write, ["MULTI"], write, ["EXEC"]];
  const { body } = await asked(servers, "POST", "commands", { body: list });
  expect(body).toMatchObject([moved, "OK", moved, { error: { code: "EXECABORT" } }]);
  expect(await servers.server(1).client.call("SM.STATE", key)).toEqual(["off"]);
});

test("a command that waits is not sent on", async () => {
  const { servers } = await begin();
  const answer = await asked(servers, "POST", "commands", { body: ["BLPOP", servers.keyOf(1, "list"), "1"] });
  expect(answer).toMatchObject({ status: 421, body: { code: "MOVED" } });
});

test("the user has the rights that it has at the other server", async () => {
  const { servers, path } = await begin();
  const user = "ann:pw";
  await servers.server(0).client.call("ACL", "SETUSER", "ann", "on", ">pw", "+@all", "~*");
  const event = { ...press(), user };
  expect(await asked(servers, "POST", `${path}/events`, event)).toMatchObject({
    status: 503,
    body: { code: "CLUSTERDOWN", detail: expect.stringContaining("does not know the user") },
  });
  await servers.server(1).client.call("ACL", "SETUSER", "ann", "on", ">pw", "+@read", "~*");
  expect((await asked(servers, "POST", `${path}/events`, event)).status).toBe(403);
  await servers.server(1).client.call("ACL", "SETUSER", "ann", "+sm.send", "alldefs");
  expect((await asked(servers, "POST", `${path}/events`, event)).status).toBe(200);
});
