/** The rights of machines: those of the user who made their definition, whatever becomes of that user. */
import { bufferOf, bytesOfText, chars, raw, textOfBytes } from "../../base/bytes.ts";
import { type Catalogue, findByFullName } from "../../catalogue/catalogue.ts";
import type { Deed, OwnerRights } from "../../machines/rights.ts";
import { denialOf, mayUseDefinition } from "./check.ts";
import type { User } from "./user.ts";
import type { Users } from "./users.ts";

/** Compares what a machine does with what its owner may do by a command. */
export function ownerRights(users: Users, catalogue: Catalogue): OwnerRights {
  const send = findByFullName(catalogue, "SM.SEND");
  const mayDo = (user: User, deed: Deed): boolean => {
    if (user.isUnlimited || deed.kind === "go-on") return true;
    if (deed.kind === "create") {
      const id = chars(bytesOfText(deed.definition));
      return user.rules.selectors.some((selector) => mayUseDefinition(selector, id));
    }
    const { key, event, definition } = deed;
    const words = ["SM.SEND", "", event, ...(definition === undefined ? [] : ["DEF", definition])];
    const request = words.map((word, at) => (at === 1 ? bufferOf(key) : Buffer.from(word, "utf8")));
    return send !== undefined && denialOf(user, send, request) === undefined;
  };
  return {
    refusal: (owner, deed) => {
      const user = users.find(owner);
      if (user !== undefined && mayDo(user, deed)) return undefined;
      const maker = `the user '${textOfBytes(raw(owner))}', who made the definition,`;
      return user === undefined ? `${maker} is gone` : `${maker} may not ${WORDS[deed.kind]}`;
    },
  };
}

const WORDS = {
  "go-on": "have it go on",
  send: "send that event there",
  create: "make a machine of that definition",
} as const;
