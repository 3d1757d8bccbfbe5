/**
 * A client of a cluster that costs little: requests are encoded beforehand, go to the owner of their slot over a few connections,
 * and follow MOVED. A server without a cluster is one that owns all slots.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import Parser from "redis-parser";
import { slotOf } from "../../src/cluster/slots.ts";
import { SLOT_COUNT } from "../../src/cluster/view.ts";

/** A request, as it is sent, and its slot. */
export interface Prepared {
  readonly bytes: string;
  readonly slot: number;
}

/** @param args the second one is the key */
export function prepared(...args: readonly string[]): Prepared {
  const items = args.map((arg) => `$${arg.length}\r\n${arg}\r\n`);
  return {
    bytes: `*${args.length}\r\n${items.join("")}`,
    slot: slotOf(Buffer.from(args[1] ?? "", "latin1")),
  };
}

/** A request that waits for its reply. */
interface Sent {
  readonly request: Prepared;
  readonly done: () => void;
}

export class SlotClient {
  readonly #perServer: number;
  readonly #ownerOf = new Uint16Array(SLOT_COUNT);
  readonly #servers = new Map<number, readonly Connection[]>();
  #turn = 0;
  /** Requests that were sent to another server than the owner. */
  movedCount = 0;

  private constructor(perServer: number) {
    this.#perServer = perServer;
  }

  /** @param slots the first and last slot and the port of each range */
  static async connect(
    slots: readonly (readonly [first: number, last: number, port: number])[],
    perServer: number,
  ): Promise<SlotClient> {
    const client = new SlotClient(perServer);
    for (const [first, last, port] of slots) {
      client.#ownerOf.fill(port, first, last + 1);
      if (!client.#servers.has(port)) client.#servers.set(port, await client.#connections(port));
    }
    return client;
  }

  /** Calls back when the reply is there. An error that is not MOVED ends the program. */
  send(request: Prepared, done: () => void): void {
    const connections = this.#servers.get(this.#ownerOf[request.slot] ?? 0) ?? [];
    this.#turn += 1;
    connections[this.#turn % connections.length]?.send({ request, done });
  }

  /** Sends so many at a time, and returns when all are answered. */
  async sendAll(requests: readonly Prepared[], inFlight: number): Promise<void> {
    let begun = 0;
    let ended = 0;
    await new Promise<void>((resolve) => {
      const next = (): void => {
        const request = requests[begun];
        if (request === undefined) return;
        begun += 1;
        this.send(request, () => {
          ended += 1;
          if (ended === requests.length) resolve();
          else next();
        });
      };
      for (let count = 0; count < inFlight; count += 1) next();
    });
  }

  close(): void {
    for (const connections of this.#servers.values())
      for (const connection of connections) connection.close();
  }

  async #connections(port: number): Promise<readonly Connection[]> {
    const made: Connection[] = [];
    while (made.length < this.#perServer)
      made.push(await Connection.to(port, (sent, text) => this.#failed(sent, text)));
    return made;
  }

  #failed({ request, done }: Sent, text: string): void {
    const [, slot, port] = /^MOVED (\d+) [^ ]*:(\d+)$/.exec(text) ?? [];
    if (slot === undefined || !this.#servers.has(Number(port))) throw new Error(`a server answers: ${text}`);
    this.movedCount += 1;
    this.#ownerOf[Number(slot)] = Number(port);
    this.send(request, done);
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #onError: (sent: Sent, text: string) => void;
  readonly #waiting: Sent[] = [];
  #unsent = "";

  private constructor(socket: Socket, onError: (sent: Sent, text: string) => void) {
    this.#socket = socket;
    this.#onError = onError;
    const parser = new Parser({
      returnReply: () => this.#answered().done(),
      returnError: ({ message }) => this.#onError(this.#answered(), message),
    });
    socket.on("data", (bytes) => parser.execute(bytes));
  }

  static async to(port: number, onError: (sent: Sent, text: string) => void): Promise<Connection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new Connection(socket, onError);
  }

  /** Requests that come at the same moment are sent together. */
  send(sent: Sent): void {
    this.#waiting.push(sent);
    if (this.#unsent === "") queueMicrotask(() => this.#flush());
    this.#unsent += sent.request.bytes;
  }

  close(): void {
    this.#socket.destroy();
  }

  #flush(): void {
    this.#socket.write(this.#unsent, "latin1");
    this.#unsent = "";
  }

  #answered(): Sent {
    const sent = this.#waiting.shift();
    if (sent === undefined) throw new Error("a server answers what nobody has asked");
    return sent;
  }
}
