/**
 * Commands of machines over ioredis' `Cluster`. It finds the server of a command by its key, but knows the keys of Redis'
 * own commands alone: the others it sends to any server, which answers with a redirection unless it is the right one by
 * chance. So each such command is given the slot of its key on its way.
 */
import { slotOf } from "../cluster/slots.ts";
import type { Connection } from "./connection.ts";

/** Commands whose first argument is no key. */
const KEYLESS = new Set([
  "SM.COUNT",
  "SM.DEF",
  "SM.DEMO",
  "SM.MIGRATION",
  "SM.OVERDUE",
  "SM.REQUEUE",
  "SM.SCAN",
  "SM.STREAMS",
  "SM.TEMPLATE",
]);

interface ClusterConnection extends Connection {
  readonly isCluster: true;
  /** What `call` hands its command to, which computes the slot from the keys unless it is known. */
  sendCommand(command: object, ...rest: unknown[]): unknown;
}

/** The connection, which sends each command to the server of its key where it is one to a cluster. */
export function routedByKey(connection: Connection): Connection {
  if (!isCluster(connection)) return connection;
  const call: Connection["call"] = (command, ...args) => {
    const slot = slotFor(command, args);
    return slot === undefined ? connection.call(command, ...args) : callAt(connection, slot, command, args);
  };
  return {
    call,
    callAt: (slot, command, ...args) => callAt(connection, slot, command, args),
    duplicate: () => routedByKey(connection.duplicate()),
    disconnect: () => connection.disconnect(),
    on: (event, listener) => connection.on?.(event, listener),
  };
}

/** Commands without a key go to one server, the owner of the first slot: the steps of a walk are one server's. */
function slotFor(command: string, args: readonly (string | number)[]): number | undefined {
  if (!command.startsWith("SM.")) return undefined;
  const [first] = args;
  const stream = command === "SM.REQUEUE" ? args[args.lastIndexOf("STREAM") + 1] : undefined;
  const key = KEYLESS.has(command) ? (args.includes("STREAM") ? stream : undefined) : first;
  return key === undefined ? 0 : slotOf(Buffer.from(String(key)));
}

function callAt(
  cluster: ClusterConnection,
  slot: number,
  command: string,
  args: readonly (string | number)[],
): Promise<unknown> {
  const routing: Pick<ClusterConnection, "call" | "sendCommand"> = Object.create(cluster, {
    sendCommand: {
      value: (sent: object, ...rest: unknown[]) => {
        // Without effect, should ioredis change: the command is redirected then.
        Reflect.set(sent, "slot", slot);
        return cluster.sendCommand(sent, ...rest);
      },
    },
  });
  return routing.call(command, ...args);
}

function isCluster(connection: Connection): connection is ClusterConnection {
  return (
    Reflect.get(connection, "isCluster") === true &&
    typeof Reflect.get(connection, "sendCommand") === "function"
  );
}
