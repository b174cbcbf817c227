/** Authorization, delegation tokens and SASL. */
import {
  atLeast,
  double,
  int,
  javaClass,
  list,
  long,
  password,
  PER_BROKER,
  short,
  string,
} from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

const AUTHORIZATION: readonly ConfigDefinition[] = [
  string(
    "authorizer.class.name",
    "",
    "A Java class that decides who may do what. Java classes are not loaded.",
  ),
  javaClass(
    "principal.builder.class",
    null,
    "A Java class that names authenticated clients. Java classes are not loaded.",
    PER_BROKER,
  ),
  string(
    "security.providers",
    null,
    "Java classes that add security algorithms. Java classes are not loaded.",
  ),
  password("delegation.token.secret.key", null, "Secret that delegation tokens are signed with."),
  long(
    "delegation.token.max.lifetime.ms",
    604_800_000,
    "Milliseconds after which a token can't be renewed any more.",
    atLeast(1),
  ),
  long(
    "delegation.token.expiry.time.ms",
    86_400_000,
    "Milliseconds that a token is valid without being renewed.",
    atLeast(1),
  ),
  long(
    "delegation.token.expiry.check.interval.ms",
    3_600_000,
    "Milliseconds between two looks for tokens that expired.",
    atLeast(1),
  ),
];

const SASL: readonly ConfigDefinition[] = [
  list(
    "sasl.enabled.mechanisms",
    "GSSAPI",
    "Mechanisms that clients may authenticate by.",
    PER_BROKER,
  ),
  string(
    "sasl.mechanism.inter.broker.protocol",
    "GSSAPI",
    "Mechanism that brokers authenticate by among themselves.",
    PER_BROKER,
  ),
  string(
    "sasl.mechanism.controller.protocol",
    "GSSAPI",
    "Mechanism that brokers authenticate by to a controller.",
  ),
  password("sasl.jaas.config", null, "Login settings in the format of JAAS.", PER_BROKER),
  int("sasl.server.max.receive.size", 524_288, "Largest message before login, in bytes."),
  javaClass("sasl.client.callback.handler.class", null, "A Java class. Not loaded."),
  javaClass("sasl.login.callback.handler.class", null, "A Java class. Not loaded."),
  javaClass("sasl.login.class", null, "A Java class. Not loaded."),
  javaClass("sasl.server.callback.handler.class", null, "A Java class. Not loaded."),
  int("sasl.login.connect.timeout.ms", null, "Milliseconds to connect to an identity provider."),
  int("sasl.login.read.timeout.ms", null, "Milliseconds to wait for an identity provider."),
  long("sasl.login.retry.backoff.ms", 100, "Milliseconds before a failed login is repeated."),
  long(
    "sasl.login.retry.backoff.max.ms",
    10_000,
    "Most milliseconds before a failed login is repeated.",
  ),
  double(
    "sasl.login.refresh.window.factor",
    0.8,
    "Share of a credential's life after which it is renewed.",
    PER_BROKER,
  ),
  double(
    "sasl.login.refresh.window.jitter",
    0.05,
    "Share of a credential's life by which its renewal is moved at random.",
    PER_BROKER,
  ),
  short(
    "sasl.login.refresh.min.period.seconds",
    60,
    "Least seconds between two renewals of a credential.",
    PER_BROKER,
  ),
  short(
    "sasl.login.refresh.buffer.seconds",
    300,
    "Seconds before its end by which a credential is renewed.",
    PER_BROKER,
  ),
];

const KERBEROS: readonly ConfigDefinition[] = [
  string("sasl.kerberos.kinit.cmd", "/usr/bin/kinit", "Path of kinit.", PER_BROKER),
  long(
    "sasl.kerberos.min.time.before.relogin",
    60_000,
    "Least milliseconds between two attempts to renew a ticket.",
    PER_BROKER,
  ),
  list(
    "sasl.kerberos.principal.to.local.rules",
    "DEFAULT",
    "Rules that turn Kerberos principals into short names.",
    PER_BROKER,
  ),
  string("sasl.kerberos.service.name", null, "Kerberos principal of the brokers.", PER_BROKER),
  double(
    "sasl.kerberos.ticket.renew.jitter",
    0.05,
    "Share by which the renewal of a ticket is moved at random.",
    PER_BROKER,
  ),
  double(
    "sasl.kerberos.ticket.renew.window.factor",
    0.8,
    "Share of a ticket's life after which it is renewed.",
    PER_BROKER,
  ),
];

export const SECURITY_CONFIGS: readonly ConfigDefinition[] = [
  ...AUTHORIZATION,
  ...SASL,
  ...KERBEROS,
];
