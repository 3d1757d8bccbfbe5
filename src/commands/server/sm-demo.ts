/**
 * SM.DEMO [ORDER|DEVICE|CHAT|STOP]: makes definitions and machines and sends them events, so that there is something to look at, until
 * STOP, which removes them again.
 */
import * as errors from "../../protocol/errors.ts";
import { map, OK } from "../../protocol/reply.ts";
import { token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { atMostOneOf, FLAG, readOptions } from "../options.ts";

const FORMS = { ORDER: FLAG, DEVICE: FLAG, CHAT: FLAG, STOP: FLAG } as const;
const NAMES = ["ORDER", "DEVICE", "CHAT"] as const;

export const smDemo = {
  name: "SM.DEMO",
  run: ({ args, server, session }) => {
    const word = token(args[1]);
    if (args.length === 2 && !Object.hasOwn(FORMS, word))
      throw errors.err(
        `there is no demo '${word.slice(0, 64)}': there are ORDER, DEVICE and CHAT; STOP ends one`,
      );
    const given = readOptions(args, 1, FORMS);
    atMostOneOf(given, [...NAMES, "STOP"]);
    if (!server.config.get("enable-demo"))
      throw errors.err("SM.DEMO is switched off on this server (enable-demo no)");
    if (given.has("STOP")) {
      server.demo.stop(session);
      return OK;
    }
    const name = NAMES.find((one) => given.has(one)) ?? "ORDER";
    const { definition, keys, machines } = server.demo.begin(name.toLowerCase(), session);
    return map([
      ["definition", definition],
      ["keys", keys],
      ["machines", machines],
    ]);
  },
} as const satisfies Handler;
