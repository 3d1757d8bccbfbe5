/** DEBUG DIGEST: one number for all there is, for tests that compare before and after. */
import { digestOf } from "../../export/digest.ts";
import type { Databases } from "../../keyspace/databases.ts";
import { allLibraries } from "../../keyspace/libraries.ts";

/**
 * 40 hexadecimal digits, the same for the same keys, values, expiries, definitions and libraries of functions in whatever
 * order they came to be; zeros when there is nothing. O(size of the store).
 */
export function datasetDigest(everywhere: readonly Databases[]): string {
  const [first] = everywhere;
  return digestOf(
    everywhere.flatMap((databases) =>
      Array.from({ length: databases.count }, (_, index) => databases.at(index)),
    ),
    first === undefined ? [] : allLibraries(first.transaction),
  );
}
