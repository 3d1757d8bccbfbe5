/** CLIENT PAUSE timeout [WRITE | ALL]: holds back requests of all clients for some milliseconds. */

import type { PauseMode } from "../../clients/pause.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument, parseInteger, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const clientPause = {
  name: "CLIENT|PAUSE",
  run: ({ args, server, nowMs }) => {
    if (args.length > 4) throw errors.unknownSubcommandOrArity("CLIENT", argument(args, 1));
    const mode = readMode(args[3]);
    const milliseconds = parseInteger(argument(args, 2));
    if (milliseconds === undefined) throw errors.timeoutNotAnInteger();
    if (milliseconds < 0n) throw errors.timeoutNegative();
    if (milliseconds > BigInt(Number.MAX_SAFE_INTEGER - nowMs)) throw errors.timeoutOutOfRange();
    server.pause.begin(nowMs + Number(milliseconds), mode, nowMs);
    return OK;
  },
} as const satisfies Handler;

function readMode(bytes: Buffer | undefined): PauseMode {
  const word = bytes === undefined ? "ALL" : token(bytes);
  if (word !== "ALL" && word !== "WRITE") throw errors.unknownPauseMode();
  return word === "ALL" ? "all" : "write";
}
