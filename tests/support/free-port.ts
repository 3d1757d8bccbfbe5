import { once } from "node:events";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP port of the loopback interface that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("the port has a number");
  return address.port;
}

/** A port of the loopback interface that somebody else listens on until the test ends. */
export async function takenPort(): Promise<number> {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => {
    other.close();
  });
  const address = other.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
