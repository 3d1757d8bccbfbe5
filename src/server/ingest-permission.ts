/**
 * Events that enter by way of a stream (`sm-ingest-stream`): whoever adds one has to have the right to send it. What
 * brings whole streams there, or has its entries read anew, is for those alone from whom nothing is kept.
 */
import { findByFullName } from "../catalogue/catalogue.ts";
import { type Command, FLAG, hasFlag } from "../catalogue/command.ts";
import { keysOf } from "../catalogue/keys.ts";
import type { Session } from "../clients/session.ts";
import { type Denial, denialOf } from "../clients/users/check.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { fieldsOfXadd } from "../commands/stream/xadd.ts";
import { isConfiguredStream } from "../machines/stream-names.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { fieldOf } from "../streams/entry-fields.ts";

/** Commands by which entries come into a stream, or before the server again, that nobody has looked at. */
const UNSEEN = new Set(["rename", "renamenx", "copy", "restore", "move", "xgroup|setid", "xgroup|destroy"]);

interface Entering {
  readonly session: Session;
  readonly command: Command;
  readonly args: readonly Buffer[];
}

/** Why a user with limits may not do that to the stream of events; undefined when it may. */
export function ingestDenial(
  { config, catalogue, cluster }: ServerContext,
  { session, command, args }: Entering,
): Denial | undefined {
  const name = config.values["sm-ingest-stream"];
  if (name === "" || !hasFlag(command, FLAG.WRITE)) return undefined;
  const stream = Buffer.from(name, "utf8");
  const isDivided = cluster !== undefined && cluster.partitions.length > 1;
  // Streams of other databases come to where the server reads.
  if (command.name === "swapdb") return { reason: "key", object: stream, position: 0 };
  const use = keysOf(command, args)?.find(({ key }) => isConfiguredStream(name, key, isDivided));
  if (use === undefined) return undefined;
  if (UNSEEN.has(command.name)) return { reason: "key", object: stream, position: use.position };
  // The server reads that of database 0.
  if (command.name !== "xadd" || session.database !== 0) return undefined;
  const send = findByFullName(catalogue, "SM.SEND");
  const request = requestOf(args);
  return send === undefined || request === undefined ? undefined : denialOf(session.user, send, request);
}

/** The SM.SEND that an entry amounts to; undefined for one that no machine will ever get. */
function requestOf(args: readonly Buffer[]): readonly Buffer[] | undefined {
  try {
    const fields = fieldsOfXadd(args);
    const [key, event, definition] = ["key", "event", "def"].map((name) => fieldOf(fields, name));
    if (key === undefined || event === undefined) return undefined;
    const request = [Buffer.from("SM.SEND"), key, event];
    return definition === undefined ? request : [...request, Buffer.from("DEF"), definition];
  } catch (error) {
    // The handler refuses it too.
    if (error instanceof ReplyError) return undefined;
    throw error;
  }
}
