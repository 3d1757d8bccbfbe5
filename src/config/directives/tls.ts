/** TLS of the listener `tls-port`. What belongs to links between servers is accepted and has no effect. */
import { directive, NO_EFFECT, RELOADED } from "../directive.ts";
import { bool, choice, integer } from "../scalar-types.ts";
import { path, text } from "../text-types.ts";

const LINKS = "The server opens no links to other servers: those of a cluster share a database.";

const int = integer({ max: 2147483647 });

/** The versions of the protocol by the names the directive has for them, in lower case. */
export const TLS_VERSIONS = ["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"] as const;

const protocols = text("any of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3", (word) =>
  word
    .split(" ")
    .filter((name) => name !== "")
    .every((name) => TLS_VERSIONS.some((version) => version === name.toLowerCase()))
    ? undefined
    : "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.",
);

export const TLS = {
  "tls-port": directive(integer({ max: 65535 }), 0, "TCP port to listen on for TLS; 0 listens on none.", {
    rebinds: true,
  }),
  "tls-cert-file": directive(
    path(),
    "",
    "Certificate of the server, PEM, with the chain behind it. CONFIG SET of this or another of these files, also to the same name, reads all of them anew for new connections.",
    RELOADED,
  ),
  "tls-key-file": directive(path(), "", "Private key of the certificate, PEM.", RELOADED),
  "tls-key-file-pass": directive(text(), "", "Password of the private key; empty for none.", {
    reloaded: true,
    sensitive: true,
  }),
  "tls-ca-cert-file": directive(
    path(),
    "",
    "Certificates of the authorities that sign those of clients, PEM.",
    RELOADED,
  ),
  "tls-ca-cert-dir": directive(
    path(),
    "",
    "Folder of such certificates under hashed names, as `openssl rehash` makes them.",
    RELOADED,
  ),
  "tls-auth-clients": directive(
    choice("no", "yes", "optional"),
    "yes",
    "Whether a client has to show a certificate, or may; one that it shows has to be good.",
    RELOADED,
  ),
  "tls-auth-clients-user": directive(
    choice("off", "CN"),
    "off",
    "With CN a client whose certificate has the name of a user for its common name is that user, without AUTH.",
  ),
  "tls-protocols": directive(
    protocols,
    "",
    "Versions of TLS that are spoken; empty for `TLSv1.2 TLSv1.3`.",
    RELOADED,
  ),
  "tls-ciphers": directive(
    text("OpenSSL cipher list"),
    "",
    "Ciphers of TLS 1.2 and older; empty for the usual ones.",
    RELOADED,
  ),
  "tls-ciphersuites": directive(
    text("suites with `:` between"),
    "",
    "Cipher suites of TLS 1.3; empty for all.",
    RELOADED,
  ),
  "tls-prefer-server-ciphers": directive(
    bool,
    false,
    "Chooses the cipher in the server's order instead of the client's.",
    RELOADED,
  ),
  "tls-dh-params-file": directive(
    path(),
    "",
    "Parameters of Diffie-Hellman, PEM; empty to have OpenSSL choose them.",
    RELOADED,
  ),
  "tls-session-caching": directive(
    bool,
    true,
    "Lets clients resume a session, by tickets that the client keeps. Reading the files anew ends all of them.",
    RELOADED,
  ),
  "tls-session-cache-timeout": directive(
    integer({ max: 2147483647, unit: "seconds" }),
    300,
    "How long a session may be resumed; 0: for as long as OpenSSL has it.",
    RELOADED,
  ),
  "tls-session-cache-size": directive(
    int,
    20480,
    "The server keeps no sessions, so there is no number to bound.",
    NO_EFFECT,
  ),
  "tls-cluster": directive(bool, false, LINKS, NO_EFFECT),
  "tls-replication": directive(bool, false, LINKS, NO_EFFECT),
  "tls-client-cert-file": directive(
    path(),
    "",
    "Certificate that `detent` shows as a client of its own server (the health check); empty for the server's.",
  ),
  "tls-client-key-file": directive(path(), "", "Private key of that certificate."),
  "tls-client-key-file-pass": directive(text(), "", "Password of that private key.", { sensitive: true }),
};
