/** A page whose script is loaded when it is first wanted. */
import type { FunctionComponent } from "preact";
import { useLoaded } from "./hooks.ts";
import { Fault } from "./parts.tsx";

export interface LatePage {
  readonly subject: string;
  readonly query: URLSearchParams;
}

export function Late({
  load,
  ...page
}: LatePage & { readonly load: () => Promise<{ readonly default: FunctionComponent<LatePage> }> }) {
  const { data, error } = useLoaded("page", 0, load);
  if (data === undefined) return <Fault error={error} />;
  const Page = data.default;
  return <Page {...page} />;
}
