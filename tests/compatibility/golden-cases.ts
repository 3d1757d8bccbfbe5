/** The cases of tests/cases/module-golden.jsonl; its README says what each field means. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type Step = readonly (string | number)[];

export interface GoldenCase {
  readonly id: string;
  readonly group: string;
  readonly setup?: readonly Step[];
  /** The reply to each step of the setup, null for a wait. */
  readonly setup_resp2?: readonly (string | null)[];
  readonly setup_resp3?: readonly (string | null)[];
  readonly cmd?: readonly string[];
  readonly raw?: string;
  readonly resp2: string;
  readonly resp3: string;
  readonly conn2_resp2?: string;
  readonly conn2_resp3?: string;
  readonly unordered?: boolean;
  readonly volatile?: boolean;
  readonly closed?: boolean;
  readonly cleanup?: readonly Step[];
}

export const GOLDEN_CASES: readonly GoldenCase[] = readFileSync(
  join(import.meta.dirname, "../cases/module-golden.jsonl"),
  "utf8",
)
  .split("\n")
  .filter((line) => line !== "")
  // The file is data of this project with the fields that its README lists.
  .map((line) => JSON.parse(line) as GoldenCase);
