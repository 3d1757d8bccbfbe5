/** HTTP requests of tests, with every header as it was given. */
import { type IncomingHttpHeaders, request as nodeRequest } from "node:http";

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body, where it is JSON. */
  readonly json: unknown;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is text, otherwise as JSON. */
  readonly body?: unknown;
}

export function request(url: string, path: string, asked: Asked = {}): Promise<Answered> {
  const { method = "GET", body } = asked;
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const type = text === undefined ? {} : { "content-type": "application/json" };
  const headers = { ...type, ...asked.headers };
  return new Promise((resolve, reject) => {
    const outgoing = nodeRequest(`${url}${path}`, { method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const received = Buffer.concat(chunks).toString("utf8");
        const isJson = /[/+]json(?:;|$)/.test(incoming.headers["content-type"] ?? "");
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: received,
          json: isJson ? JSON.parse(received) : undefined,
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}
