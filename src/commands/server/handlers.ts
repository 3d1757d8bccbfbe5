/** The handlers of the server group. */
import type { Handler } from "../handler.ts";
import { bgsave } from "./bgsave.ts";
import { command } from "./command.ts";
import { commandCount } from "./command-count.ts";
import { commandDocs } from "./command-docs.ts";
import { commandGetKeys } from "./command-get-keys.ts";
import { commandGetKeysAndFlags } from "./command-get-keys-and-flags.ts";
import { commandHelp } from "./command-help.ts";
import { commandInfo } from "./command-info.ts";
import { commandList } from "./command-list.ts";
import { configGet } from "./config-get.ts";
import { configHelp } from "./config-help.ts";
import { configResetstat } from "./config-resetstat.ts";
import { configRewrite } from "./config-rewrite.ts";
import { configSet } from "./config-set.ts";
import { dbsize } from "./dbsize.ts";
import { debug } from "./debug.ts";
import { flushall } from "./flushall.ts";
import { flushdb } from "./flushdb.ts";
import { info } from "./info.ts";
import { lastsave } from "./lastsave.ts";
import { latencyDoctor } from "./latency-doctor.ts";
import { latencyGraph } from "./latency-graph.ts";
import { latencyHelp } from "./latency-help.ts";
import { latencyHistogram } from "./latency-histogram.ts";
import { latencyHistory } from "./latency-history.ts";
import { latencyLatest } from "./latency-latest.ts";
import { latencyReset } from "./latency-reset.ts";
import { memoryDoctor } from "./memory-doctor.ts";
import { memoryHelp } from "./memory-help.ts";
import { memoryMallocStats } from "./memory-malloc-stats.ts";
import { memoryStats } from "./memory-stats.ts";
import { memoryUsage } from "./memory-usage.ts";
import { moduleHelp } from "./module-help.ts";
import { moduleListHandler } from "./module-list.ts";
import { moduleLoad } from "./module-load.ts";
import { moduleLoadex } from "./module-loadex.ts";
import { moduleUnload } from "./module-unload.ts";
import { monitor } from "./monitor.ts";
import { role } from "./role.ts";
import { save } from "./save.ts";
import { shutdown } from "./shutdown.ts";
import { slowlogGet } from "./slowlog-get.ts";
import { slowlogHelp } from "./slowlog-help.ts";
import { slowlogLen } from "./slowlog-len.ts";
import { slowlogReset } from "./slowlog-reset.ts";
import { smDemo } from "./sm-demo.ts";
import { swapdb } from "./swapdb.ts";
import { time } from "./time.ts";

export const SERVER_HANDLERS: readonly Handler[] = [
  bgsave,
  commandCount,
  commandDocs,
  commandGetKeysAndFlags,
  commandGetKeys,
  commandHelp,
  commandInfo,
  commandList,
  command,
  configGet,
  configHelp,
  configResetstat,
  configRewrite,
  configSet,
  dbsize,
  debug,
  flushall,
  flushdb,
  info,
  lastsave,
  latencyDoctor,
  latencyGraph,
  latencyHelp,
  latencyHistogram,
  latencyHistory,
  latencyLatest,
  latencyReset,
  memoryDoctor,
  memoryHelp,
  memoryMallocStats,
  memoryStats,
  memoryUsage,
  monitor,
  moduleHelp,
  moduleListHandler,
  moduleLoad,
  moduleLoadex,
  moduleUnload,
  role,
  save,
  shutdown,
  slowlogGet,
  slowlogHelp,
  slowlogLen,
  slowlogReset,
  smDemo,
  swapdb,
  time,
];
