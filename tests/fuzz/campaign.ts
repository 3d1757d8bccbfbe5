/**
 * Sends fuzzed requests to a server over many short connections, while a witness on a connection of its own asks
 * for what it has stored and must get it. The server must live, keep nothing of the connections that are gone,
 * and answer nothing with an internal error.
 */
import { once } from "node:events";
import { connect } from "node:net";
import type { TestClient } from "../support/client.ts";
import { fuzzedRequest } from "./requests.ts";

const REQUESTS_PER_CONNECTION = 50;
const CONNECTIONS_AT_ONCE = 8;
const TRIES_MAX = 2000;

export interface Campaign {
  /** A port, or the path of a socket. */
  readonly address: number | string;
  readonly requests: number;
  readonly random: () => number;
  readonly witness: TestClient;
  /** Told after each round of connections how many requests were sent. */
  readonly report?: (sent: number) => void;
}

/** Resolves when all were sent. @throws Error when the witness is not served, or the server met a bug of its own */
export async function runCampaign(campaign: Campaign): Promise<void> {
  const { witness, requests, random } = campaign;
  await witness.call("SELECT", 9);
  for (let sent = 0; sent < requests; ) {
    const batch = Array.from({ length: CONNECTIONS_AT_ONCE }, () =>
      Buffer.concat(Array.from({ length: REQUESTS_PER_CONNECTION }, () => fuzzedRequest(random))),
    );
    const token = `witness-${sent}`;
    const connections = batch.map((bytes) => hose(campaign.address, bytes));
    expectReply(await witness.call("SET", "fuzz:witness", token), "OK");
    expectReply(await witness.call("GET", "fuzz:witness"), token);
    await Promise.all(connections);
    sent += CONNECTIONS_AT_ONCE * REQUESTS_PER_CONNECTION;
    campaign.report?.(sent);
  }
  // A demo that a fuzzed request has started goes on as a client of the server's own.
  await witness.call("SM.DEMO", "STOP");
  const errors = String(await witness.call("INFO", "errorstats"));
  await expectAlone(witness);
  if (/internal_errors:[1-9]/.test(errors)) throw new Error(`the server met bugs of its own:\n${errors}`);
}

/** A connection is closed here before the server has seen it, and a demo ends after it was stopped: they are given a moment. */
async function expectAlone(witness: TestClient): Promise<void> {
  let clients = "";
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    clients = String(await witness.call("CLIENT", "LIST")).trim();
    if (!clients.includes("\n")) return;
  }
  throw new Error(`clients are left, the witness included:\n${clients}`);
}

function expectReply(reply: unknown, expected: string): void {
  // A fuzzed FLUSHALL or SWAPDB may come between SET and GET.
  if (reply !== expected && reply !== null) {
    throw new Error(`the witness read ${JSON.stringify(reply)} instead of ${expected}`);
  }
}

/** Writes bytes to a connection of its own, reads whatever comes, and ends it. */
async function hose(address: number | string, bytes: Buffer): Promise<void> {
  const socket = typeof address === "number" ? connect(address, "127.0.0.1") : connect(address);
  // The server may close first: that is an answer.
  socket.on("error", () => socket.destroy());
  socket.on("connect", () => socket.end(bytes));
  socket.resume();
  if (!socket.destroyed) await once(socket, "close");
}
