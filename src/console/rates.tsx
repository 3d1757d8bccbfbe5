/** How often the machines of definitions change: now, and in each minute of the last hour. */
import { useEffect, useState } from "preact/hooks";
import { get } from "./api.ts";
import { useLoaded } from "./hooks.ts";
import { count, several } from "./parts.tsx";

interface Rate {
  readonly definition: string;
  readonly lastMinute: number;
  readonly minutes: readonly number[];
}

export type Rates = ReadonlyMap<string, Rate>;

/** They fade also while nothing changes. */
const LOOK_MS = 5000;
const SPARK = { width: 120, height: 18 };

export function useRates(isLive: boolean, database: string): Rates {
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!isLive) return;
    const timer = setInterval(() => setRound((value) => value + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, [isLive]);
  const { data } = useLoaded(`rates ${database}`, round, () =>
    get<{ readonly rates: readonly Rate[] }>("/api/v1/rates"),
  );
  return new Map(data?.rates.map((rate) => [rate.definition, rate]));
}

/** Changes a second where there is one in each, a minute otherwise. */
function rateText(lastMinute: number): string {
  if (lastMinute < 60) return `${several(lastMinute, "change", "changes")} a minute`;
  const aSecond = lastMinute / 60;
  return `${aSecond < 100 ? aSecond.toFixed(1) : count(Math.round(aSecond))} changes a second`;
}

export function RateLine({ rate }: { readonly rate: Rate | undefined }) {
  if (rate === undefined) return null;
  const { lastMinute, minutes } = rate;
  return (
    <p class="rate-line">
      <span title="Machines that were made or changed, in the last minute">{rateText(lastMinute)}</span>
      <Spark values={minutes} />
    </p>
  );
}

function Spark({ values }: { readonly values: readonly number[] }) {
  const largest = Math.max(1, ...values);
  const step = SPARK.width / values.length;
  const title = `Changes in each minute of the last hour, ${count(Math.max(0, ...values))} at most`;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${SPARK.width} ${SPARK.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={title}
    >
      <title>{title}</title>
      {values.map((value, at) => {
        const height = value === 0 ? 1 : Math.max(2, (value / largest) * SPARK.height);
        // biome-ignore lint/suspicious/noArrayIndexKey: a bar has its place
        return <rect key={at} x={at * step} y={SPARK.height - height} width={step * 0.75} height={height} />;
      })}
    </svg>
  );
}
