/**
 * DEBUG <subcommand> [arg [arg …]]: aids for test suites, allowed by `enable-debug-command` alone. RELOAD brings all
 * to disk, which is all that a restart would find.
 */

import { bytesOf } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import { isLocalSession } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";
import { OK, type Reply, simple } from "../../protocol/reply.ts";
import { argument, parseInteger, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { datasetDigest } from "./dataset-digest.ts";
import { flushStore } from "./flush-store.ts";

const SLEEP_SECONDS_MAX = 3600;

const HELP = [
  "DEBUG <subcommand> [<arg> ...]. Subcommands are:",
  "DIGEST",
  "    One number for all keys and values.",
  "OBJECT key",
  "    Describes how a value is stored.",
  "RELOAD",
  "    Brings everything committed to disk.",
  "SET-ACTIVE-EXPIRE <0 | 1>",
  "    Whether keys that are due are removed before anybody looks at them.",
  "SLEEP seconds",
  "    Stops the server for so long.",
  "STRINGMATCH-LEN length pattern",
  "    Matches a string of that many letters a.",
  "HELP",
  "    Prints this help.",
].map(simple);

export const debug = {
  name: "DEBUG",
  run: (call) => {
    const permission = call.server.config.get("enable-debug-command");
    if (permission === "no" || (permission === "local" && !isLocalSession(call.session))) {
      throw errors.debugNotAllowed();
    }
    return runSubcommand(call);
  },
} as const satisfies Handler;

function runSubcommand(call: Call): Reply {
  const { args } = call;
  const count = args.length;
  switch (token(args[1])) {
    case "HELP":
      if (count === 2) return HELP;
      break;
    case "DIGEST":
      if (count !== 2) break;
      return simple(datasetDigest(call.everywhere()));
    case "RELOAD":
      flushStore(call);
      return OK;
    case "OBJECT":
      if (count >= 3) return describe(call);
      break;
    case "SET-ACTIVE-EXPIRE":
      if (count !== 3) break;
      call.server.hasActiveExpiry = token(args[2]) !== "0";
      return OK;
    case "SLEEP":
      if (count !== 3) break;
      sleep(Number(argument(args, 2)));
      return OK;
    case "STRINGMATCH-LEN":
      if (count === 4) return matchLetters(args);
      break;
  }
  throw errors.unknownSubcommandOrArity("DEBUG", argument(args, 1));
}

function describe({ args, db }: Call): Reply {
  const record = db.find(bytesOf(argument(args, 2)));
  if (record === undefined) throw errors.noSuchKey();
  return simple(
    `Value at:0x${record.id.toString(16).padStart(12, "0")} refcount:1 encoding:${record.type} ` +
      `serializedlength:${record.payload.length} lru:0 lru_seconds_idle:0`,
  );
}

/** Blocks the whole process, which is what it is for. */
function sleep(seconds: number): void {
  const milliseconds = Math.min(Math.max(seconds, 0), SLEEP_SECONDS_MAX) * 1000;
  if (!(milliseconds > 0)) return;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

const LETTERS_MAX = 1 << 20;

function matchLetters(args: readonly Buffer[]): Reply {
  const length = parseInteger(argument(args, 2));
  if (length === undefined || length < 0n || length > BigInt(LETTERS_MAX)) throw errors.notAnInteger();
  return globMatcher(bytesOf(argument(args, 3)))("a".repeat(Number(length))) ? 1 : 0;
}
