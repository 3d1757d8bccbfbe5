/** The handlers of the connection group. */
import type { Handler } from "../handler.ts";
import { auth } from "./auth.ts";
import { clientCaching } from "./client-caching.ts";
import { clientGetname } from "./client-getname.ts";
import { clientGetredir } from "./client-getredir.ts";
import { clientHelp } from "./client-help.ts";
import { clientId } from "./client-id.ts";
import { clientInfo } from "./client-info.ts";
import { clientKill } from "./client-kill.ts";
import { clientList } from "./client-list.ts";
import { clientNoEvict } from "./client-no-evict.ts";
import { clientNoTouch } from "./client-no-touch.ts";
import { clientPause } from "./client-pause.ts";
import { clientReply } from "./client-reply.ts";
import { clientSetinfo } from "./client-setinfo.ts";
import { clientSetname } from "./client-setname.ts";
import { clientTracking } from "./client-tracking.ts";
import { clientTrackinginfo } from "./client-trackinginfo.ts";
import { clientUnblock } from "./client-unblock.ts";
import { clientUnpause } from "./client-unpause.ts";
import { echo } from "./echo.ts";
import { hello } from "./hello.ts";
import { ping } from "./ping.ts";
import { quit } from "./quit.ts";
import { reset } from "./reset.ts";
import { select } from "./select.ts";

export const CONNECTION_HANDLERS: readonly Handler[] = [
  auth,
  clientCaching,
  clientGetname,
  clientGetredir,
  clientHelp,
  clientId,
  clientInfo,
  clientKill,
  clientList,
  clientNoEvict,
  clientNoTouch,
  clientPause,
  clientReply,
  clientSetinfo,
  clientSetname,
  clientTracking,
  clientTrackinginfo,
  clientUnblock,
  clientUnpause,
  echo,
  hello,
  ping,
  quit,
  reset,
  select,
];
