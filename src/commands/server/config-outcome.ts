import type { ConfigOutcome } from "../../config/config.ts";
import { textOf } from "../../protocol/raw-text.ts";
import { ReplyError } from "../../protocol/reply-error.ts";

/**
 * Turns a refusal of the configuration into the reply. It repeats what the client sent, a character for each byte.
 * @throws ReplyError
 */
export function acceptOutcome(outcome: ConfigOutcome): void {
  if (!outcome.ok) throw new ReplyError(textOf(Buffer.from(outcome.message, "latin1")));
}
