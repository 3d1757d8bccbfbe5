/**
 * The health check of the image: exit code 0 when the server in this container answers PING, if only to ask for a
 * password. It takes the port from the command line of the container's first process.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const PORT_DEFAULT = 6379;
const TIMEOUT_MS = 3000;

const socket = connect({ host: "127.0.0.1", port: portOf(commandLine()), timeout: TIMEOUT_MS });
socket.on("connect", () => socket.write("PING\r\n"));
socket.on("data", (bytes) => {
  process.exitCode = /^(\+PONG|-NOAUTH)/.test(bytes.toString("latin1")) ? 0 : 1;
  socket.destroy();
});
for (const end of ["timeout", "error"] as const) {
  socket.on(end, () => {
    process.exitCode = 1;
    socket.destroy();
  });
}

function commandLine(): readonly string[] {
  try {
    return readFileSync("/proc/1/cmdline", "utf8").split("\0");
  } catch {
    // Not Linux: the default it is.
    return [];
  }
}

function portOf(args: readonly string[]): number {
  const position = args.lastIndexOf("--port");
  return position < 0 ? PORT_DEFAULT : Number(args[position + 1] ?? PORT_DEFAULT);
}
