/** What the directives of TLS come to: files are read, checked against each other and named in what is wrong. */
import { constants, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  createSecureContext,
  DEFAULT_CIPHERS,
  type SecureContextOptions,
  type SecureVersion,
} from "node:tls";
import { fileFault } from "../base/file-fault.ts";
import { TLS_VERSIONS } from "../config/directives/tls.ts";
import type { ConfigValues } from "../config/directives.ts";

/** Directives that cannot be followed; the message names them and says why. */
export class TlsError extends Error {
  override readonly name = "TlsError";
}

export interface TlsSettings {
  readonly context: SecureContextOptions;
  readonly authentication: ConfigValues["tls-auth-clients"];
  readonly prefersOwnCiphers: boolean;
  /** In seconds. */
  readonly sessionTimeout: number;
  /** The server's own. */
  readonly certificate: X509Certificate;
}

/** Reads the files the directives name. @throws TlsError */
export function tlsSettings(values: ConfigValues): TlsSettings {
  const cert = namedFile(values, "tls-cert-file");
  const key = namedFile(values, "tls-key-file");
  if (cert === undefined) throw new TlsError("No tls-cert-file configured!");
  if (key === undefined) throw new TlsError("No tls-key-file configured!");
  const authorities = authoritiesOf(values);
  if (authorities.length === 0 && values["tls-auth-clients"] !== "no") {
    throw new TlsError(
      "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, tls-replication or tls-auth-clients are enabled!",
    );
  }
  const certificate = certificateOf(values, cert);
  checkKey(values, certificate, key);
  const context = { ...contextOf(values), cert, key, ca: [...authorities] };
  try {
    createSecureContext(context);
  } catch (error) {
    throw new TlsError(`OpenSSL does not take the TLS directives: ${messageOf(error)}`);
  }
  return {
    context,
    certificate,
    authentication: values["tls-auth-clients"],
    prefersOwnCiphers: values["tls-prefer-server-ciphers"],
    sessionTimeout: values["tls-session-cache-timeout"],
  };
}

/** What `detent` shows as a client of its own server: a certificate for that, or the server's. @throws TlsError */
export function clientCredentials(values: ConfigValues): SecureContextOptions {
  const hasOwn = values["tls-client-cert-file"] !== "";
  const cert = namedFile(values, hasOwn ? "tls-client-cert-file" : "tls-cert-file");
  const key = namedFile(values, hasOwn ? "tls-client-key-file" : "tls-key-file");
  const passphrase = values[hasOwn ? "tls-client-key-file-pass" : "tls-key-file-pass"];
  return {
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(passphrase === "" ? {} : { passphrase }),
  };
}

type FileDirective =
  | "tls-cert-file"
  | "tls-key-file"
  | "tls-ca-cert-file"
  | "tls-dh-params-file"
  | "tls-client-cert-file"
  | "tls-client-key-file";

/** The file a directive names, relative to `dir`; undefined when it names none. @throws TlsError */
export function namedFile(values: ConfigValues, name: FileDirective): Buffer | undefined {
  const path = values[name];
  if (path === "") return undefined;
  try {
    return readFileSync(resolve(values.dir, path));
  } catch (error) {
    throw new TlsError(`${name} '${path}': ${fileFault(error)}`);
  }
}

/** The certificates of the authorities a client's may be signed by. @throws TlsError */
export function authoritiesOf(values: ConfigValues): readonly Buffer[] {
  const file = namedFile(values, "tls-ca-cert-file");
  if (file !== undefined && !file.includes("-----BEGIN")) {
    throw new TlsError(`tls-ca-cert-file '${values["tls-ca-cert-file"]}' holds no PEM certificate`);
  }
  return [...(file === undefined ? [] : [file]), ...authoritiesInFolder(values)];
}

function authoritiesInFolder({ dir, "tls-ca-cert-dir": name }: ConfigValues): readonly Buffer[] {
  if (name === "") return [];
  const folder = resolve(dir, name);
  try {
    const names = readdirSync(folder).filter((entry) => /^[0-9a-f]{8}\.\d+$/.test(entry));
    if (names.length > 0) return names.map((entry) => readFileSync(join(folder, entry)));
  } catch (error) {
    throw new TlsError(`tls-ca-cert-dir '${name}': ${fileFault(error)}`);
  }
  throw new TlsError(
    `tls-ca-cert-dir '${name}' has no certificate under a hashed name: run 'openssl rehash ${name}'`,
  );
}

function certificateOf({ "tls-cert-file": name }: ConfigValues, cert: Buffer): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (error) {
    throw new TlsError(`tls-cert-file '${name}' holds no certificate in PEM: ${messageOf(error)}`);
  }
}

function checkKey(values: ConfigValues, certificate: X509Certificate, key: Buffer): void {
  const { "tls-key-file": name, "tls-cert-file": certName, "tls-key-file-pass": passphrase } = values;
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key, ...(passphrase === "" ? {} : { passphrase }) });
  } catch (error) {
    const hint = passphrase === "" ? "" : " with tls-key-file-pass";
    throw new TlsError(`tls-key-file '${name}' cannot be read${hint}: ${messageOf(error)}`);
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TlsError(`tls-key-file '${name}' is not the key of tls-cert-file '${certName}'`);
  }
}

/** All but certificates and keys. */
function contextOf(values: ConfigValues): SecureContextOptions {
  const passphrase = values["tls-key-file-pass"];
  const dhparam = namedFile(values, "tls-dh-params-file");
  // Node goes on without, and warns.
  if (dhparam?.includes("-----BEGIN DH PARAMETERS-----") === false) {
    throw new TlsError(`tls-dh-params-file '${values["tls-dh-params-file"]}' holds no DH PARAMETERS in PEM`);
  }
  return {
    ...(passphrase === "" ? {} : { passphrase }),
    ...versionsOf(values["tls-protocols"], values["tls-session-caching"]),
    ciphers: ciphersOf(values["tls-ciphersuites"], values["tls-ciphers"]),
    dhparam: dhparam ?? "auto",
  };
}

/** Node takes one list of both kinds, and without the one kind does not speak its versions of the protocol. */
function ciphersOf(suites: string, ciphers: string): string {
  const usual = DEFAULT_CIPHERS.split(":");
  const isSuite = (name: string) => name.startsWith("TLS_");
  const chosenSuites = suites === "" ? usual.filter(isSuite).join(":") : suites;
  const chosenCiphers = ciphers === "" ? usual.filter((name) => !isSuite(name)).join(":") : ciphers;
  return `${chosenSuites}:${chosenCiphers}`;
}

const NODE_VERSIONS: Readonly<Record<(typeof TLS_VERSIONS)[number], SecureVersion>> = {
  tlsv1: "TLSv1",
  "tlsv1.1": "TLSv1.1",
  "tlsv1.2": "TLSv1.2",
  "tlsv1.3": "TLSv1.3",
};

const TURNED_OFF = {
  tlsv1: constants.SSL_OP_NO_TLSv1,
  "tlsv1.1": constants.SSL_OP_NO_TLSv1_1,
  "tlsv1.2": constants.SSL_OP_NO_TLSv1_2,
  "tlsv1.3": constants.SSL_OP_NO_TLSv1_3,
};

function versionsOf(protocols: string, hasSessions: boolean): SecureContextOptions {
  const named = protocols.toLowerCase().split(" ");
  const chosen = TLS_VERSIONS.filter((version) => named.includes(version));
  const spoken: typeof chosen = chosen.length === 0 ? ["tlsv1.2", "tlsv1.3"] : chosen;
  const off = TLS_VERSIONS.filter((version) => !spoken.includes(version));
  // Without renegotiation a client cannot have the server do the costly part again and again.
  const others = constants.SSL_OP_NO_RENEGOTIATION | (hasSessions ? 0 : constants.SSL_OP_NO_TICKET);
  const [first, last] = [spoken[0], spoken.at(-1)];
  return {
    ...(first === undefined ? {} : { minVersion: NODE_VERSIONS[first] }),
    ...(last === undefined ? {} : { maxVersion: NODE_VERSIONS[last] }),
    secureOptions: off.reduce((bits, version) => bits | TURNED_OFF[version], others),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
