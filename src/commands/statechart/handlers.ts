/** The handlers of machines with definitions, and of what all machines have: events, history, queries. */
import type { Handler } from "../handler.ts";
import { smCancel } from "./cancel.ts";
import { smContext } from "./context.ts";
import { smCount } from "./count.ts";
import { smDefCheck } from "./def-check.ts";
import { smDefCreate } from "./def-create.ts";
import { smDefDel } from "./def-del.ts";
import { smDefGet } from "./def-get.ts";
import { smDefGraph } from "./def-graph.ts";
import { smDefHelp } from "./def-help.ts";
import { smDefImport } from "./def-import.ts";
import { smDefList } from "./def-list.ts";
import { smHistory } from "./history.ts";
import { smInfo } from "./info.ts";
import { smNext } from "./next.ts";
import { smOutcome } from "./outcome.ts";
import { smOverdue } from "./overdue.ts";
import { smPatch } from "./patch.ts";
import { smPending } from "./pending.ts";
import { smReplay } from "./replay.ts";
import { smRequeue } from "./requeue.ts";
import { smRetry } from "./retry.ts";
import { smScan } from "./scan.ts";
import { smSend } from "./send.ts";
import { smStreams } from "./streams.ts";
import { smResume, smSuspend } from "./suspension.ts";
import { smUndo } from "./undo.ts";
import { smVerify } from "./verify.ts";
import { smWait } from "./wait.ts";
import { smWhy } from "./why.ts";

export const STATECHART_HANDLERS: readonly Handler[] = [
  smCancel,
  smContext,
  smCount,
  smDefCheck,
  smDefCreate,
  smDefDel,
  smDefGet,
  smDefGraph,
  smDefHelp,
  smDefImport,
  smDefList,
  smHistory,
  smInfo,
  smNext,
  smOutcome,
  smOverdue,
  smPatch,
  smPending,
  smReplay,
  smRequeue,
  smResume,
  smRetry,
  smScan,
  smSend,
  smStreams,
  smSuspend,
  smUndo,
  smVerify,
  smWait,
  smWhy,
];
