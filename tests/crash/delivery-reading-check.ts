/** Consumer groups: every entry was given to somebody, in order, and not again once it was acknowledged. */
import type { Finding } from "./delivery-check.ts";
import { type Evidence, type GroupView, isBefore, type Reading } from "./delivery-evidence.ts";

export function checkReadings({ changes, readings, groups }: Evidence): Finding[] {
  const names = [...new Set(readings.map(({ group }) => group))];
  return [
    ...names.flatMap((group) => {
      const own = readings.filter((reading) => reading.group === group);
      return [
        ...checkComplete(
          group,
          own,
          changes.map(({ entry }) => entry),
        ),
        ...checkOrder(own),
        ...checkRepeats(own),
      ];
    }),
    ...groups.flatMap(checkEmptied),
  ];
}

function checkComplete(group: string, readings: readonly Reading[], entries: readonly string[]): Finding[] {
  const given = new Set(readings.flatMap((reading) => reading.given));
  const known = new Set(entries);
  return [
    ...entries
      .filter((entry) => !given.has(entry))
      .map((entry): Finding => ({ fault: "missed delivery", text: `${group} was never given ${entry}` })),
    ...[...given]
      .filter((entry) => !known.has(entry))
      .map(
        (entry): Finding => ({
          fault: "phantom",
          text: `${group} was given ${entry}, which is not in the stream`,
        }),
      ),
  ];
}

/** What was left pending comes first when a reader starts, and is older than all that is new: ids only rise. */
function checkOrder(readings: readonly Reading[]): Finding[] {
  return readings.flatMap(({ group, consumer, given }) =>
    given.flatMap((entry, index): Finding[] => {
      const before = given[index - 1];
      if (before === undefined || isBefore(before, entry)) return [];
      return [{ fault: "reordering", text: `${consumer} of ${group} was given ${entry} after ${before}` }];
    }),
  );
}

/** `readings` in the order of their starts. */
function checkRepeats(readings: readonly Reading[]): Finding[] {
  const acknowledged = new Set<string>();
  return readings.flatMap(({ group, consumer, given, acknowledged: own }) => {
    const again = given.filter((entry) => acknowledged.has(`${consumer} ${entry}`));
    for (const entry of own) acknowledged.add(`${consumer} ${entry}`);
    return again.map((entry): Finding => {
      const text = `${consumer} of ${group} was given ${entry} after it had acknowledged it`;
      return { fault: "delivered again", text };
    });
  });
}

function checkEmptied({ stream, group, pendingCount, unreadCount }: GroupView): Finding[] {
  if (pendingCount === 0 && unreadCount === 0) return [];
  const text = `${group} of ${stream} has ${pendingCount} pending and ${unreadCount} unread at the end`;
  return [{ fault: "left over", text }];
}
