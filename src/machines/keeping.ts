/** What the configuration says about how much is kept of the changes of machines. */
import type { Config } from "../config/config.ts";
import type { Keeping } from "./outbox.ts";

export function keepingOf({ values }: Config): Keeping {
  return {
    historyMax: values["sm-history-max"],
    changesMax: values["sm-changes-maxlen"],
    tellsMaps: values["sm-changes-inline"],
  };
}
