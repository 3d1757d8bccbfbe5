import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type AcceptedSocket, ordinarySocket, pooledSocket } from "../../src/net/accepted-socket.ts";
import { encodeRequest, TestClient } from "../support/client.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { startTestServer } from "../support/server.ts";

const WAYS = [
  { way: "pooledSocket()", take: pooledSocket },
  { way: "ordinarySocket()", take: ordinarySocket },
];

/** A client, and its socket as a server with `pauseOnConnect` has accepted it. */
async function pair(take: (socket: Socket) => AcceptedSocket): Promise<[Socket, AcceptedSocket]> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const accepting = once(server, "connection");
  const client = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1");
  const [incoming] = await accepting;
  const accepted = take(incoming as Socket);
  onTestFinished(() => {
    client.destroy();
    accepted.socket.destroy();
    server.close();
  });
  return [client, accepted];
}

/** What was read, as it was and as it is now. */
function kept({ onBytes }: AcceptedSocket) {
  const reads: { readonly bytes: Buffer; readonly text: string }[] = [];
  let wake: () => void = () => undefined;
  onBytes((bytes) => {
    reads.push({ bytes, text: bytes.toString("latin1") });
    wake();
  });
  const arrived = async (count: number) => {
    while (reads.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return { reads, arrived };
}

describe.each(WAYS)("$way", ({ take }) => {
  test("a buffer that was read keeps its bytes while other sockets read", async () => {
    const sides = await Promise.all([pair(take), pair(take)]);
    const all = sides.map(([, accepted]) => kept(accepted));
    for (let round = 1; round <= 20; round += 1) {
      for (const [index, [client]] of sides.entries()) {
        client.write(`${index}:${round};`.repeat(round * 60));
        await all[index]?.arrived(round);
      }
    }
    for (const { reads } of all)
      for (const { bytes, text } of reads) expect(bytes.toString("latin1")).toBe(text);
  });

  test("a paused socket reads nothing until it is resumed, and tells of the end", async () => {
    const [client, accepted] = await pair(take);
    const { reads, arrived } = kept(accepted);
    client.write("1");
    await arrived(1);
    accepted.socket.pause();
    client.end("2");
    await once(client, "finish");
    for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(reads).toHaveLength(1);
    const ended = once(accepted.socket, "end");
    accepted.socket.resume();
    await ended;
    expect(reads.map(({ text }) => text)).toEqual(["1", "2"]);
    expect(accepted.socket.writable).toBe(true);
  });

  test("a socket has the addresses of its connection, and can be written to", async () => {
    const [client, { socket }] = await pair(take);
    expect(socket.remotePort).toBe(client.localPort);
    expect(socket.localAddress).toBe("127.0.0.1");
    socket.write("reply");
    expect(String((await once(client, "data"))[0])).toBe("reply");
  });
});

test("pooledSocket() leaves a socket as it is that Node cannot hand on", () => {
  const ended = connect({ port: 1, host: "127.0.0.1" });
  ended.on("error", () => undefined);
  ended.destroy();
  expect(pooledSocket(ended).socket).toBe(ended);
});

test("requests of several connections, cut anywhere, are answered with what they asked for", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const random = seeded(SEED);
  const below = (bound: number) => Math.floor(random() * bound);
  const clients = await Promise.all(Array.from({ length: 8 }, () => TestClient.connect(server.port)));
  for (let round = 0; round < 40; round += 1) {
    const sent = clients.map((_, index) =>
      Array.from({ length: 1 + below(8) }, (_each, at) =>
        Buffer.alloc(1 + below(below(20) === 0 ? 70_000 : 200), 65 + ((index * 7 + at + round) % 50)),
      ),
    );
    const replies = clients.map((client, index) =>
      Promise.all((sent[index] ?? []).flatMap(() => [client.next(), client.next()])),
    );
    const rests = sent.map((values, index) =>
      Buffer.concat(
        values.flatMap((value, at) => [
          encodeRequest(["SET", `k${index}:${at}`, value]),
          encodeRequest(["GET", `k${index}:${at}`]),
        ]),
      ),
    );
    // A piece of each in turn, so that reads of the others come between the parts of a request.
    while (rests.some(({ length }) => length > 0)) {
      for (const [index, rest] of rests.entries()) {
        if (rest.length === 0) continue;
        const cut = Math.min(rest.length, 1 + below(below(3) === 0 ? 30 : 20_000));
        clients[index]?.write(rest.subarray(0, cut));
        rests[index] = rest.subarray(cut);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [index, values] of sent.entries()) {
      const got = (await replies[index]) ?? [];
      const found = got.filter((_, at) => at % 2 === 1).map(({ value }) => String(value));
      expect(found).toEqual(values.map((value) => value.toString("latin1")));
    }
  }
  await Promise.all(clients.map((client) => client.close()));
}, 60_000);
