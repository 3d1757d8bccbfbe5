import * as errors from "../../protocol/errors.ts";
import { token } from "../arguments.ts";

/** Reads ON or OFF. @throws ReplyError syntax error for anything else */
export function isOn(bytes: Buffer): boolean {
  const word = token(bytes);
  if (word !== "ON" && word !== "OFF") throw errors.syntaxError();
  return word === "ON";
}
