/** The runs of SM.MIGRATION WHATIF, as commands know them. */
import type { WhatIfQuestion, WhatIfRun } from "../machines/what-if-run.ts";

/** A physical database in a partition that the server holds. */
export interface DatabasePart {
  readonly partition: number;
  readonly phys: number;
}

export interface WhatIfControl {
  /** The run of a question in a database, which is named by its first part; undefined when there is none. */
  find(phys: number, question: WhatIfQuestion): WhatIfRun | undefined;
  /** Begins one in a database, of which each partition has a part; undefined when there are as many unfinished ones as there may be. */
  begin(parts: readonly DatabasePart[], question: WhatIfQuestion): WhatIfRun | undefined;
  /** Has a run go on that was paused. */
  wake(): void;
  /** Ends all of them: the server stops. */
  stop(): void;
  forget(phys: number, question: WhatIfQuestion): void;
}
