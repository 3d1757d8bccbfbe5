/** ACL CAT [category]: the categories, or the commands of one. */

import { ACL_CATEGORIES } from "../../catalogue/declaration.ts";
import { isCategory } from "../../catalogue/info.ts";
import { allPermissions } from "../../clients/users/permission.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const aclCat = {
  name: "ACL|CAT",
  run: ({ args, server }) => {
    if (args.length > 3) throw errors.unknownSubcommandOrArity("ACL", argument(args, 1));
    const category = args[2]?.toString("latin1");
    if (category === undefined) return ACL_CATEGORIES.map((name) => name.toLowerCase());
    if (!isCategory(category)) throw errors.unknownCategory(category);
    const wanted = category.toUpperCase();
    return allPermissions(server.catalogue)
      .filter(({ aclCategories }) => aclCategories.some((one) => one === wanted))
      .map(({ name }) => name);
  },
} as const satisfies Handler;
