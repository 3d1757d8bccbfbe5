import { ReplyError } from "./reply-error.ts";

const e = (m: string) => new ReplyError(m);
export const wrongType = () => e("WRONGTYPE Operation against a key holding the wrong kind of value");
export const syntaxError = () => e("ERR syntax error");
export const notAnInteger = () => e("ERR value is not an integer or out of range");
export const wrongNumberOfArguments = (name: string) =>
  e(`ERR wrong number of arguments for '${name}' command`);
export const noAuth = () => e("NOAUTH Authentication required.");
export const misconf = (why: string) => e(`MISCONF ${why}`);
export const notInMulti = () => e("ERR Command not allowed inside a transaction");
export const nestedMulti = () => e("ERR MULTI calls can not be nested");
export const withoutMulti = (n: string) => e(`ERR ${n} without MULTI`);
export const watchInMulti = () => e("ERR WATCH inside MULTI is not allowed");
export const execAborted = () => e("EXECABORT Transaction discarded because of previous errors.");
export const internalError = () => e("ERR internal error");
export const databaseOutOfRange = () => e("ERR DB index is out of range");
