/** The handlers of the ACL commands. */
import type { Handler } from "../handler.ts";
import { aclCat } from "./acl-cat.ts";
import { aclDeluser } from "./acl-deluser.ts";
import { aclDryrun } from "./acl-dryrun.ts";
import { aclGenpass } from "./acl-genpass.ts";
import { aclGetuser } from "./acl-getuser.ts";
import { aclHelp } from "./acl-help.ts";
import { aclList } from "./acl-list.ts";
import { aclLoad } from "./acl-load.ts";
import { aclLog } from "./acl-log.ts";
import { aclSave } from "./acl-save.ts";
import { aclSetuser } from "./acl-setuser.ts";
import { aclUsers } from "./acl-users.ts";
import { aclWhoami } from "./acl-whoami.ts";

export const ACL_HANDLERS: readonly Handler[] = [
  aclCat,
  aclDeluser,
  aclDryrun,
  aclGenpass,
  aclGetuser,
  aclHelp,
  aclList,
  aclLoad,
  aclLog,
  aclSave,
  aclSetuser,
  aclUsers,
  aclWhoami,
];
