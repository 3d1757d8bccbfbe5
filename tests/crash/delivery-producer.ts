/**
 * The producer: connections that make machines and send them events in pipelines. When the server dies, what was not
 * answered is sent again, with the same ids; some events are sent again although they were answered.
 */
import type { Argument, Received, TestClient } from "../support/client.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import type { Answer, SentEvent } from "./delivery-evidence.ts";
import { DEFINITION_NAME, type PlannedEvent, planEvents, sendRequest } from "./delivery-machine.ts";
import type { KeptServer } from "./kept-server.ts";

const EVENTS_PER_MACHINE = 12;
const PIPELINE_MAX = 16;

export interface ProducerOptions {
  readonly server: KeptServer;
  readonly connections: number;
  readonly machinesPerConnection: number;
  /** Begins the keys of the machines. */
  readonly prefix: string;
  readonly random: () => number;
  /** Told of each request that was answered. */
  readonly onAnswered: () => void;
}

export interface Production {
  readonly keys: readonly string[];
  /** Those of a machine in the order in which they were sent. */
  readonly sent: readonly SentEvent[];
  /** How many requests are going to be answered. */
  readonly requestCount: number;
  /** Sends all of it; resolves when everything was answered. @throws Error for a reply that cannot be */
  run(): Promise<void>;
}

interface Request {
  readonly args: readonly Argument[];
  accept(received: Received): void;
}

export function planProduction(options: ProducerOptions): Production {
  const { connections, machinesPerConnection, prefix, random } = options;
  const sent: SentEvent[] = [];
  const keys: string[] = [];
  const lanes = Array.from({ length: connections }, (_, lane) => {
    const queues = Array.from({ length: machinesPerConnection }, (_, number) => {
      const key = `${prefix}:${lane}:${number}`;
      keys.push(key);
      return requestsOf(key, random, sent);
    });
    return interleaved(queues, random);
  });
  return {
    keys,
    sent,
    requestCount: lanes.reduce((sum, lane) => sum + lane.length, 0),
    run: async () => {
      await Promise.all(lanes.map((lane) => sendAll(lane, options)));
    },
  };
}

/** The requests of one machine; what becomes of its events is added to `sent`. */
function requestsOf(key: string, random: () => number, sent: SentEvent[]): Request[] {
  const isMadeFirst = random() < 0.5;
  const create: Request = { args: ["SM.CREATE", key, DEFINITION_NAME, "NX"], accept: acceptCreated };
  const requests = planEvents(key, EVENTS_PER_MACHINE, random).flatMap((event, index) => {
    const options = index === 0 && !isMadeFirst ? ["DEF", DEFINITION_NAME] : [];
    const request = requestOf(event, options, sent);
    return random() < 0.1 ? [request, request] : [request];
  });
  return isMadeFirst ? [create, ...requests] : requests;
}

/** nil when the answer to the first try was lost. */
function acceptCreated({ value, bytes }: Received): void {
  if (value !== "OK" && value !== null) throw new Error(`SM.CREATE was answered ${bytes}`);
}

function requestOf(event: PlannedEvent, options: readonly string[], sent: SentEvent[]): Request {
  const answers: Answer[] = [];
  sent.push({ ...event, answers });
  const isRefused = event.event === "NOPE";
  const accept = (received: Received): void => {
    const answer = answerOf(received);
    const isExpected = isRefused === (answer.kind === "refused") && !answer.bytes.startsWith("-ERR");
    if (!isExpected)
      throw new Error(`${event.event} ${event.id} of ${event.key} was answered ${answer.bytes}`);
    answers.push(answer);
  };
  return { args: sendRequest(event, ...options), accept };
}

function answerOf({ value, bytes: buffer }: Received): Answer {
  const bytes = buffer.toString("latin1");
  if (value instanceof ReplyFailure)
    return { kind: "refused", code: value.message.split(" ")[0] ?? "", bytes };
  if (!Array.isArray(value)) throw new Error(`SM.SEND was answered ${bytes}`);
  const field = (name: string): unknown => value[value.indexOf(name) + 1];
  const [rev, at] = [Number(field("rev")), Number(field("at"))];
  return {
    kind: "applied",
    rev,
    at,
    from: JSON.stringify(field("from")),
    to: JSON.stringify(field("to")),
    bytes,
  };
}

/** Takes turns among the queues at random; the order within each stays. */
function interleaved(queues: readonly Request[][], random: () => number): Request[] {
  const left = queues.map((queue) => [...queue]);
  const merged: Request[] = [];
  for (;;) {
    const open = left.filter((queue) => queue.length > 0);
    const next = open[Math.floor(random() * open.length)]?.shift();
    if (next === undefined) return merged;
    merged.push(next);
  }
}

async function sendAll(requests: readonly Request[], options: ProducerOptions): Promise<void> {
  const { server, random } = options;
  let client = await server.connect();
  let answered = 0;
  while (answered < requests.length) {
    const length = 1 + Math.floor(random() * PIPELINE_MAX);
    const count = await sendPipeline(client, requests.slice(answered, answered + length), options);
    answered += count;
    if (client.isClosed) client = await server.connect();
  }
  await client.close();
}

/** How many were answered before the connection closed, if it did. */
async function sendPipeline(
  client: TestClient,
  requests: readonly Request[],
  { onAnswered }: ProducerOptions,
): Promise<number> {
  const results = await Promise.all(
    requests.map(async ({ args, accept }) => {
      const received = await client.exchange(...args).catch((error: unknown) => {
        if (!client.isClosed) throw error;
      });
      if (received === undefined) return false;
      accept(received);
      onAnswered();
      return true;
    }),
  );
  return results.filter((isAnswered) => isAnswered).length;
}
