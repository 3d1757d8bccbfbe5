/** LATENCY HISTOGRAM [command [command …]]: how long the calls of each command took, or of those named. */
import { findByFullName } from "../../catalogue/catalogue.ts";
import type { DurationHistogram } from "../../metrics/duration-histogram.ts";
import { map } from "../../protocol/reply.ts";
import type { Call, Handler } from "../handler.ts";

export const latencyHistogram = {
  name: "LATENCY|HISTOGRAM",
  run: (call) => {
    const { commands } = call.server.statistics;
    const names = call.args.length === 2 ? [...commands.keys()] : namedCommands(call);
    const found = names.flatMap((name) => {
      const durations = commands.get(name)?.durations;
      return durations === undefined || durations.count === 0 ? [] : [[name, described(durations)] as const];
    });
    return map(found);
  },
} as const satisfies Handler;

/** The names given, each once; that of a container stands for its subcommands. One that is unknown is passed over. */
function namedCommands({ args, server }: Call): readonly string[] {
  const names = args.slice(2).flatMap((arg) => {
    const command = findByFullName(server.catalogue, arg.toString("latin1"));
    if (command === undefined) return [];
    return [command.name, ...[...command.subcommands.values()].map(({ name }) => name)];
  });
  return [...new Set(names)];
}

function described(durations: DurationHistogram) {
  return map([
    ["calls", durations.count],
    ["histogram_usec", map(durations.steps())],
  ]);
}
