/** The one user there is, `default`, and its password. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Session } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";
import type { ServerContext } from "../server-context.ts";

/**
 * Authenticates the session. Without `requirepass` any password will do.
 * @throws ReplyError WRONGPASS
 */
export function authenticate(
  session: Session,
  { config }: ServerContext,
  { user, password }: { readonly user: Buffer; readonly password: Buffer },
): void {
  const wanted = config.get("requirepass");
  const isRight = wanted === "" || isSame(password, Buffer.from(wanted, "latin1"));
  if (user.toString("latin1") !== "default" || !isRight) throw errors.wrongPassword();
  session.isAuthenticated = true;
}

/** Takes the same time wherever the two differ, and whatever their lengths. */
function isSame(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
