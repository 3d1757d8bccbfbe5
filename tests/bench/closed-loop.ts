/**
 * So many operations in flight at a time, each followed by the next one as soon as it is durable, for so many seconds: what they
 * reach, how long each takes, and the processor time that an operation takes of each part that has a share in it.
 */
import { median, quantile } from "./figures.ts";

/** What is measured. */
export interface Subject {
  readonly name: string;
  /** Begins an operation, and calls back when it is durable. @throws nothing: a failure ends the program */
  begin(done: () => void): void;
  /** Before the first of so many in flight, and behind the last one of so many operations. */
  starts?(inFlight: number): Promise<void>;
  ends?(operations: number): Promise<void>;
  /** Processor time so far, in microseconds. */
  serversUs(): number;
  databaseUs(): number;
}

export interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of an operation in microseconds, by parts. */
  readonly serversUs: number;
  readonly databaseUs: number;
  readonly clientsUs: number;
}

/** Each figure's median. */
export function mediansOf(samples: readonly Sample[]): Sample {
  const of = (name: keyof Sample) => median(samples.map((sample) => sample[name]));
  return {
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    serversUs: of("serversUs"),
    databaseUs: of("databaseUs"),
    clientsUs: of("clientsUs"),
  };
}

export async function measured(subject: Subject, inFlight: number, seconds: number): Promise<Sample> {
  await subject.starts?.(inFlight);
  const [serversUs, databaseUs] = [subject.serversUs(), subject.databaseUs()];
  const [own, startedMs] = [process.cpuUsage(), performance.now()];
  const times = await timesOf(subject, inFlight, startedMs + seconds * 1000);
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(own);
  const count = times.length;
  const sample = {
    perSecond: (count / tookMs) * 1000,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    serversUs: (subject.serversUs() - serversUs) / count,
    databaseUs: (subject.databaseUs() - databaseUs) / count,
    clientsUs: (user + system) / count,
  };
  await subject.ends?.(count);
  return sample;
}

/** How long each operation took that began before a moment, in milliseconds. */
function timesOf(subject: Subject, inFlight: number, untilMs: number): Promise<readonly number[]> {
  const times: number[] = [];
  let running = inFlight;
  return new Promise((resolve) => {
    const next = (): void => {
      const sentMs = performance.now();
      if (sentMs >= untilMs) {
        running -= 1;
        if (running === 0) resolve(times);
        return;
      }
      subject.begin(() => {
        times.push(performance.now() - sentMs);
        next();
      });
    };
    for (let loop = 0; loop < inFlight; loop += 1) next();
  });
}
