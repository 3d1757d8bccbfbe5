/** The rights of machines: those of the user who made their definition, whatever becomes of that user. */
import { bufferOf } from "../../base/bytes.ts";
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
      const id = Buffer.from(deed.definition, "utf8").toString("latin1");
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
      const maker = `the user '${Buffer.from(owner, "latin1").toString("utf8")}', who made the definition,`;
      if (user === undefined) return `${maker} is gone`;
      return mayDo(user, deed) ? undefined : `${maker} may not ${WORDS[deed.kind]}`;
    },
  };
}

const WORDS = {
  "go-on": "have it go on",
  send: "send that event there",
  create: "make a machine of that definition",
} as const;
