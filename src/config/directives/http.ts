/** The HTTP interface: REST, live events, metrics, health and the console. */
import { directive, IMMUTABLE } from "../directive.ts";
import { bool, integer, memory } from "../scalar-types.ts";
import { text, wordList } from "../text-types.ts";

const ADDRESSES_MAX = 16;
const ORIGINS_MAX = 64;

const addresses = wordList("addresses, `*` for all; `-` before one that may be missing", (words) =>
  words.length > ADDRESSES_MAX ? "Too many addresses specified." : undefined,
);

const origins = wordList("origins such as `https://app.example.com`; `*` for any", (words) => {
  if (words.length > ORIGINS_MAX) return "Too many origins specified.";
  const wrong = words.find((word) => word !== "*" && !/^https?:\/\/[^/\s*]+$/.test(word));
  return wrong === undefined
    ? undefined
    : `'${wrong}' is not an origin: write scheme, host and port, as in https://app.example.com`;
});

const path = text("path such as `/machines`; empty for none", (word) =>
  word === "" || /^(?:\/[A-Za-z0-9_~.-]+)+$/.test(word)
    ? undefined
    : "A path begins with / and does not end with one",
);

export const HTTP = {
  "http-port": directive(
    integer({ max: 65535 }),
    0,
    "TCP port of the HTTP interface: REST, live events, metrics, health; 0 for none.",
    IMMUTABLE,
  ),
  "http-tls-port": directive(
    integer({ max: 65535 }),
    0,
    "TCP port of the HTTP interface over TLS, with the certificates and rules of the tls- directives; 0 for none.",
    IMMUTABLE,
  ),
  "http-bind": directive(
    addresses,
    [],
    "Addresses the HTTP interface listens on; empty: those of `bind`.",
    IMMUTABLE,
  ),
  "http-cors-origins": directive(
    origins,
    [],
    "Origins whose pages may use the HTTP interface from a browser; empty: only its own.",
  ),
  "http-body-bytes-max": directive(
    memory({ min: 1024, max: 512 * 2 ** 20 }),
    8 * 2 ** 20,
    "Longest body of an HTTP request.",
  ),
  "http-wait-seconds-max": directive(
    integer({ min: 1, max: 3600, unit: "seconds" }),
    30,
    "How long an HTTP request may wait for a command that waits (SM.WAIT, XREAD BLOCK); it is then answered as at its timeout.",
  ),
  "http-mcp": directive(
    bool,
    false,
    "Whether `/mcp` answers the Model Context Protocol, for language models; its library is loaded with the first request.",
  ),
  "http-base-durable": directive(
    path,
    "",
    "Path under which the routes of durable.js are answered; empty for nowhere.",
    IMMUTABLE,
  ),
};
