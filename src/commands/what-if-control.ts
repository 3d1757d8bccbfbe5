/** The runs of SM.MIGRATION WHATIF, as commands know them. */
import type { WhatIfQuestion, WhatIfRun } from "../machines/what-if-run.ts";

export interface WhatIfControl {
  /** The run of a question in a physical database; undefined when there is none. */
  find(phys: number, question: WhatIfQuestion): WhatIfRun | undefined;
  /** Begins one; undefined when there are as many unfinished ones as there may be. */
  begin(phys: number, question: WhatIfQuestion): WhatIfRun | undefined;
  /** Has a run go on that was paused. */
  wake(): void;
  /** Ends all of them: the server stops. */
  stop(): void;
  forget(phys: number, question: WhatIfQuestion): void;
}
