/** The address of a database as users write it: one, or that of a primary and its standbys, `postgres://user@a:5432,b:5432/name`. */

/** The values of `target_session_attrs` for a server that takes writes; there is no other that servers could use. */
const ATTRIBUTES = ["read-write", "primary"];

/** What is wrong with an address; undefined: nothing. */
export function addressFault(url: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(url))
    return `'${url}' is not an address of a database: write postgres://user@host:5432/database`;
  const [, wanted] = /[?&]target_session_attrs=([^&]*)/.exec(url) ?? [];
  if (wanted === undefined || ATTRIBUTES.includes(wanted)) return undefined;
  return `target_session_attrs=${wanted} is not supported: servers need the one that takes writes, write read-write`;
}

/** The address of each server that an address names. */
export function addressesOf(url: string): readonly string[] {
  const [, scheme = "", user = "", hosts = "", rest = ""] =
    /^([a-z]+:\/\/)((?:[^/?#]*@)?)([^/?#]*)(.*)$/s.exec(url) ?? [];
  if (!hosts.includes(",")) return [url];
  return hosts.split(",").map((host) => scheme + user + host + rest);
}
