import { type ClientRequest, type IncomingMessage, request as nodeRequest } from "node:http";

export interface Event {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A client of an event stream, which keeps the id as a browser does. */
export class EventClient {
  readonly events: Event[] = [];
  lastId: string | undefined;
  readonly #request: ClientRequest;
  #text = "";
  #wake: () => void = () => undefined;
  response: IncomingMessage | undefined;
  /** Resolves when the connection has ended, or could not be made. */
  readonly ended: Promise<void>;

  constructor(url: string, path: string, lastId?: string) {
    const headers = lastId === undefined ? {} : { "last-event-id": lastId };
    this.#request = nodeRequest(`${url}${path}`, { headers, agent: false }, (response) => {
      this.response = response;
      response.on("data", (chunk: Buffer) => this.#received(chunk.toString("utf8")));
      response.on("error", () => undefined);
    });
    this.#request.on("error", () => undefined);
    this.ended = new Promise((resolve) => this.#request.once("close", resolve));
    this.#request.end();
  }

  #received(text: string): void {
    this.#text += text;
    const blocks = this.#text.split("\n\n");
    this.#text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(
        block.split("\n").map((line) => [line.split(": ")[0] ?? "", line.slice(line.indexOf(": ") + 2)]),
      );
      if (fields.has("id")) this.lastId = fields.get("id");
      const data = fields.get("data");
      if (data !== undefined)
        this.events.push({
          id: fields.get("id"),
          event: fields.get("event") ?? "message",
          data: JSON.parse(data),
        });
    }
    this.#wake();
  }

  /** Resolves once so many events have come. */
  async until(count: number): Promise<readonly Event[]> {
    while (this.events.length < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.events;
  }

  /** Resolves once the place is known from which it follows. */
  async ready(): Promise<this> {
    while (this.lastId === undefined)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this;
  }

  close(): void {
    this.#request.destroy();
  }
}
