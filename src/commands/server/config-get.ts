/** CONFIG GET parameter [parameter …]: directives, chosen by name or by patterns, and their values. */
import { map } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const configGet = {
  name: "CONFIG|GET",
  run: ({ args, server }) => {
    const patterns = args.slice(2).map((pattern) => pattern.toString("latin1"));
    const found = server.config.match(patterns);
    return map(
      found.map(([name, value]) => {
        // It follows from where the store is.
        const isImplied = server.cluster !== undefined && name.toLowerCase() === "cluster-enabled";
        return [Buffer.from(name, "latin1"), Buffer.from(isImplied ? "yes" : value, "latin1")];
      }),
    );
  },
} as const satisfies Handler;
