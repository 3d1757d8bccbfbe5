/** Addresses as the directives `bind` and `http-bind` have them, for whoever listens on them. */

export interface BindAddress {
  /** Without the `-` before it. */
  readonly named: string;
  /** What the system is asked for: `*` stands for all of IPv4. */
  readonly host: string;
  /** `-` stands before an address that may be missing. */
  readonly isOptional: boolean;
}

export function bindAddress(word: string): BindAddress {
  const isOptional = word.startsWith("-");
  const named = isOptional ? word.slice(1) : word;
  return { named, host: named === "*" ? "0.0.0.0" : named, isOptional };
}

/** What the system says of an address it does not have. */
const MISSING = new Set([
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "EPROTONOSUPPORT",
  "ENOPROTOOPT",
  "ENOTFOUND",
  "EINVAL",
]);

export function isAddressMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && MISSING.has(String(error.code));
}

/** An address with its port as it is written. */
export function addressText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
