/** The mode of SCRIPT FLUSH and FUNCTION FLUSH; either takes effect at once. */
import type { ReplyError } from "../../protocol/reply-error.ts";
import { token } from "../arguments.ts";

/** @throws ReplyError of `refusal` for what is no mode, or more than one argument */
export function checkFlushMode(args: readonly Buffer[], refusal: () => ReplyError): void {
  const mode = token(args[2]);
  if (args.length > 3 || (args.length === 3 && mode !== "SYNC" && mode !== "ASYNC")) throw refusal();
}
