/** Glob patterns over short names: `*`, `?`, `[…]`. */
export function globMatches(pattern: string, name: string): boolean {
  const source = pattern.replace(/\[\^?[^\]]*\]|[*?]|[.+^${}()|\\/[\]]/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    return part.length > 1 ? part : `\\${part}`;
  });
  return new RegExp(`^${source}$`, "s").test(name);
}
