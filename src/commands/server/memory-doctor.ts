/** MEMORY DOCTOR: what an operator should know of the memory the server takes. */
import type { Call, Handler } from "../handler.ts";

const MEGABYTE = 1 << 20;
/** Below it nothing can be said, as with Redis. */
const LITTLE_BYTES = 64 * MEGABYTE;
/** Resident memory beyond what is in use is usual up to this ratio: V8 keeps what it may need again. */
const RESIDENT_RATIO_MAX = 2.5;
const CLIENT_BYTES_MAX = 32 * MEGABYTE;

export const memoryDoctor = {
  name: "MEMORY|DOCTOR",
  run: (call) => ({ kind: "verbatim", format: "txt", text: report(call) }),
} as const satisfies Handler;

function report({ server }: Call): string {
  const { rss, heapUsed, external } = process.memoryUsage();
  const used = heapUsed + external;
  if (rss < LITTLE_BYTES)
    return "The server takes very little memory: there is nothing to be said of it yet.\n";
  const findings: string[] = [];
  if (rss / used > RESIDENT_RATIO_MAX) {
    findings.push(
      `Resident memory (${megabytes(rss)}) is ${(rss / used).toFixed(1)} times what is in use (${megabytes(used)}). ` +
        "After a peak the runtime gives memory back slowly; pages of data.mdb that are in memory count too, and the system takes them back when it needs them.",
    );
  }
  const held = [...server.sessions.all()].map((session) => {
    const connection = server.sessions.connectionOf(session);
    return (connection?.queryBytes ?? 0) + (connection?.outputBytes ?? 0);
  });
  const clientBytes = held.reduce((sum, bytes) => sum + bytes, 0);
  if (clientBytes > CLIENT_BYTES_MAX) {
    findings.push(
      `Clients hold ${megabytes(clientBytes)} of requests and replies, the largest of them ${megabytes(Math.max(...held))}. ` +
        "CLIENT LIST shows which; client-output-buffer-limit and client-query-buffer-limit bound them.",
    );
  }
  if (findings.length === 0) return "No memory issue was found.\n";
  return findings.map((finding) => ` * ${finding}\n`).join("");
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
