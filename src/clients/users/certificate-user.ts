/** The user of a client's certificate (`tls-auth-clients-user`). */
import type { Config } from "../../config/config.ts";
import type { User } from "./user.ts";
import type { Users } from "./users.ts";

/** The user that the common name of a certificate names: one that may log in. */
export function userOfCertificate(
  config: Config,
  users: Users,
  commonName: string | undefined,
): User | undefined {
  if (config.get("tls-auth-clients-user") !== "CN" || commonName === undefined) return undefined;
  const user = users.find(Buffer.from(commonName, "utf8").toString("latin1"));
  return user?.rules.isEnabled === true ? user : undefined;
}
