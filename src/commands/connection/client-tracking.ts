/**
 * CLIENT TRACKING <ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix …]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]:
 * whether this connection is notified when keys that it has read change.
 */
import { type Bytes, bytesOf, chars, raw } from "../../base/bytes.ts";
import type { TrackingState } from "../../clients/tracking-state.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";

export const clientTracking = {
  name: "CLIENT|TRACKING",
  run: (call) => {
    const { args, session, server } = call;
    const options = readOptions(call);
    const word = token(args[2]);
    if (word === "OFF") server.tracking.disable(session);
    else if (word === "ON") server.tracking.enable(session, checked(options, session.tracking));
    else throw errors.syntaxError();
    return OK;
  },
} as const satisfies Handler;

interface Options {
  redirect: number;
  isBroadcast: boolean;
  isOptIn: boolean;
  isOptOut: boolean;
  isNoLoop: boolean;
  readonly prefixes: Bytes[];
}

function readOptions({ args, server }: Call): Options {
  const options: Options = {
    redirect: 0,
    isBroadcast: false,
    isOptIn: false,
    isOptOut: false,
    isNoLoop: false,
    prefixes: [],
  };
  for (let at = 3; at < args.length; at += 1) {
    const option = token(args[at]);
    const value = args[at + 1];
    if (option === "BCAST") options.isBroadcast = true;
    else if (option === "OPTIN") options.isOptIn = true;
    else if (option === "OPTOUT") options.isOptOut = true;
    else if (option === "NOLOOP") options.isNoLoop = true;
    else if (option === "PREFIX" && value !== undefined) {
      options.prefixes.push(bytesOf(value));
      at += 1;
    } else if (option === "REDIRECT" && value !== undefined) {
      if (options.redirect !== 0) throw errors.secondRedirect();
      options.redirect = Number(integer(argument(args, at + 1)));
      if (server.sessions.byId(options.redirect) === undefined) throw errors.noRedirectTarget();
      at += 1;
    } else throw errors.syntaxError();
  }
  return options;
}

/** The state that the options ask for. @throws ReplyError when they contradict each other or the state so far */
function checked(options: Options, before: TrackingState | undefined): TrackingState {
  const { isBroadcast, isOptIn, isOptOut, isNoLoop, redirect } = options;
  if (!isBroadcast && options.prefixes.length > 0) throw errors.prefixWithoutBroadcast();
  if (before !== undefined && before.isBroadcast !== isBroadcast) throw errors.broadcastSwitched();
  if (isBroadcast && (isOptIn || isOptOut)) throw errors.optionsWithBroadcast();
  if (isOptIn && isOptOut) throw errors.optInAndOptOut();
  if ((isOptIn && before?.mode === "optout") || (isOptOut && before?.mode === "optin")) {
    throw errors.optionsSwitched();
  }
  const prefixes = new Set(before?.prefixes);
  if (isBroadcast) {
    refuseOverlaps(options.prefixes, [...prefixes].sort());
    for (const prefix of options.prefixes.length === 0 ? [raw("")] : options.prefixes) prefixes.add(prefix);
  }
  const mode = isOptIn ? "optin" : isOptOut ? "optout" : "all";
  return {
    redirect,
    isBroadcast,
    prefixes,
    mode,
    isNoLoop,
    caching: before?.caching,
    isRedirectBroken: false,
  };
}

/** A key must not be reported twice. */
function refuseOverlaps(given: readonly Bytes[], existing: readonly Bytes[]): void {
  for (const [index, prefix] of given.entries()) {
    const other = existing.find((one) => overlap(one, prefix));
    if (other !== undefined) throw errors.prefixOverlapsExisting(chars(prefix), chars(other));
    const later = given.slice(index + 1).find((one) => overlap(one, prefix));
    if (later !== undefined) throw errors.prefixOverlapsGiven(chars(prefix), chars(later));
  }
}

function overlap(a: Bytes, b: Bytes): boolean {
  return chars(a).startsWith(chars(b)) || chars(b).startsWith(chars(a));
}
