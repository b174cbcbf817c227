/** TLS. */
import { boolean, javaClass, list, oneOf, password, PER_BROKER, string } from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

export const TLS_CONFIGS: readonly ConfigDefinition[] = [
  string(
    "ssl.client.auth",
    "none",
    "Whether clients must, may or need not show a certificate.",
    oneOf("required", "requested", "none"),
    PER_BROKER,
  ),
  list(
    "ssl.enabled.protocols",
    "TLSv1.2,TLSv1.3",
    "Versions of TLS that are spoken.",
    PER_BROKER,
  ),
  string("ssl.protocol", "TLSv1.3", "Version of TLS that is preferred.", PER_BROKER),
  list("ssl.cipher.suites", "", "Cipher suites that are allowed; empty for all.", PER_BROKER),
  string(
    "ssl.endpoint.identification.algorithm",
    "https",
    "How a server's name is checked; empty for not at all.",
    PER_BROKER,
  ),
  string("ssl.keystore.location", null, "File with the broker's key and certificate.", PER_BROKER),
  password("ssl.keystore.password", null, "Password of that file.", PER_BROKER),
  string("ssl.keystore.type", "JKS", "Format of that file, such as PEM.", PER_BROKER),
  password("ssl.keystore.key", null, "The broker's key, in PEM.", PER_BROKER),
  password(
    "ssl.keystore.certificate.chain",
    null,
    "The broker's certificate and those above it, in PEM.",
    PER_BROKER,
  ),
  password("ssl.key.password", null, "Password of the broker's key.", PER_BROKER),
  string("ssl.truststore.location", null, "File with certificates to trust.", PER_BROKER),
  password("ssl.truststore.password", null, "Password of that file.", PER_BROKER),
  string("ssl.truststore.type", "JKS", "Format of that file, such as PEM.", PER_BROKER),
  password("ssl.truststore.certificates", null, "Certificates to trust, in PEM.", PER_BROKER),
  string("ssl.principal.mapping.rules", "DEFAULT", "Rules that turn subjects into names."),
  boolean(
    "ssl.allow.dn.changes",
    false,
    "Whether a new certificate may have another distinguished name.",
  ),
  boolean(
    "ssl.allow.san.changes",
    false,
    "Whether a new certificate may lack alternative names of the old one.",
  ),
  string("ssl.provider", null, "Java security provider. Not used.", PER_BROKER),
  string("ssl.keymanager.algorithm", "SunX509", "Algorithm of Java. Not used.", PER_BROKER),
  string("ssl.trustmanager.algorithm", "PKIX", "Algorithm of Java. Not used.", PER_BROKER),
  string(
    "ssl.secure.random.implementation",
    null,
    "Random generator of Java. Not used.",
    PER_BROKER,
  ),
  javaClass("ssl.engine.factory.class", null, "A Java class. Not loaded.", PER_BROKER),
];
