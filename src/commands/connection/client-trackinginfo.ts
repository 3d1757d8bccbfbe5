/** CLIENT TRACKINGINFO: how this connection is tracked. */
import { bufferOf } from "../../base/bytes.ts";
import type { TrackingState } from "../../clients/tracking-state.ts";
import { map } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const clientTrackinginfo = {
  name: "CLIENT|TRACKINGINFO",
  run: ({ session: { tracking } }) =>
    map([
      ["flags", { kind: "set", items: tracking === undefined ? ["off"] : flags(tracking) }],
      ["redirect", tracking?.redirect ?? -1],
      ["prefixes", [...(tracking?.prefixes ?? [])].sort().map(bufferOf)],
    ]),
} as const satisfies Handler;

function flags({ isBroadcast, mode, caching, isNoLoop, isRedirectBroken }: TrackingState): readonly string[] {
  return [
    "on",
    isBroadcast ? "bcast" : "",
    mode === "optin" ? "optin" : "",
    mode === "optin" && caching === "yes" ? "caching-yes" : "",
    mode === "optout" ? "optout" : "",
    mode === "optout" && caching === "no" ? "caching-no" : "",
    isNoLoop ? "noloop" : "",
    isRedirectBroken ? "broken_redirect" : "",
  ].filter((flag) => flag !== "");
}
