/** CLIENT CACHING <YES | NO>: whether the keys that the next request reads are tracked, with OPTIN or OPTOUT. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const clientCaching = {
  name: "CLIENT|CACHING",
  run: ({ args, session: { tracking } }) => {
    if (tracking === undefined) throw errors.cachingWithoutTracking();
    const answer = token(args[2]);
    if (answer === "YES") {
      if (tracking.mode !== "optin") throw errors.cachingNeedsMode("YES", "OPTIN");
      tracking.caching = "yes";
    } else if (answer === "NO") {
      if (tracking.mode !== "optout") throw errors.cachingNeedsMode("NO", "OPTOUT");
      tracking.caching = "no";
    } else throw errors.syntaxError();
    return OK;
  },
} as const satisfies Handler;
