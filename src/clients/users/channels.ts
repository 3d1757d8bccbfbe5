/** Which arguments of a request are channels that its user needs the right to. */
import type { Command } from "../../catalogue/command.ts";

export interface ChannelUse {
  readonly name: Buffer;
  readonly position: number;
  /** A pattern to subscribe to. */
  readonly isPattern: boolean;
}

/** Whoever is subscribed may end that, so the commands that unsubscribe are not among them. */
const CHANNELS: Readonly<Record<string, { readonly isList: boolean; readonly isPattern: boolean }>> = {
  publish: { isList: false, isPattern: false },
  spublish: { isList: false, isPattern: false },
  subscribe: { isList: true, isPattern: false },
  ssubscribe: { isList: true, isPattern: false },
  psubscribe: { isList: true, isPattern: true },
};

export function channelsIn({ name }: Command, args: readonly Buffer[]): readonly ChannelUse[] {
  const kind = Object.hasOwn(CHANNELS, name) ? CHANNELS[name] : undefined;
  if (kind === undefined) return [];
  const names = kind.isList ? args.slice(1) : args.slice(1, 2);
  return names.map((channel, index) => ({ name: channel, position: index + 1, isPattern: kind.isPattern }));
}
