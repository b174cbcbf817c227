/** SASL/OAUTHBEARER. */
import {
  between,
  boolean,
  int,
  javaClass,
  list,
  long,
  oneOfAnyCase,
  password,
  string,
} from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

const TOKENS: readonly ConfigDefinition[] = [
  string("sasl.oauthbearer.token.endpoint.url", null, "Where tokens are got."),
  string("sasl.oauthbearer.scope", null, "Scope that is asked for with a token."),
  string("sasl.oauthbearer.scope.claim.name", "scope", "Claim that holds the scope."),
  string("sasl.oauthbearer.sub.claim.name", "sub", "Claim that holds the subject."),
  list("sasl.oauthbearer.expected.audience", "", "Audiences of which a token must name one."),
  string("sasl.oauthbearer.expected.issuer", null, "Issuer that a token must name."),
  int("sasl.oauthbearer.clock.skew.seconds", 30, "Seconds by which clocks may differ."),
  string("sasl.oauthbearer.jwks.endpoint.url", null, "Where keys to verify tokens are got."),
  long(
    "sasl.oauthbearer.jwks.endpoint.refresh.ms",
    3_600_000,
    "Milliseconds between two looks for new keys.",
  ),
  long(
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
    100,
    "Milliseconds before a failed look for keys is repeated.",
  ),
  long(
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
    10_000,
    "Most milliseconds before a failed look for keys is repeated.",
  ),
  javaClass("sasl.oauthbearer.jwt.retriever.class", null, "A Java class. Not loaded."),
  javaClass("sasl.oauthbearer.jwt.validator.class", null, "A Java class. Not loaded."),
  string(
    "sasl.oauthbearer.client.credentials.client.id",
    null,
    "Client id to get tokens with.",
  ),
  password(
    "sasl.oauthbearer.client.credentials.client.secret",
    null,
    "Client secret to get tokens with.",
  ),
];

const ASSERTIONS: readonly ConfigDefinition[] = [
  string(
    "sasl.oauthbearer.assertion.algorithm",
    "RS256",
    "Algorithm that assertions are signed with.",
    oneOfAnyCase("ES256", "RS256"),
  ),
  string("sasl.oauthbearer.assertion.claim.aud", null, "Audience of assertions."),
  int(
    "sasl.oauthbearer.assertion.claim.exp.seconds",
    300,
    "Seconds that an assertion is valid.",
    between(0, 86_400),
  ),
  string("sasl.oauthbearer.assertion.claim.iss", null, "Issuer of assertions."),
  boolean(
    "sasl.oauthbearer.assertion.claim.jti.include",
    false,
    "Whether each assertion has an id of its own.",
  ),
  int(
    "sasl.oauthbearer.assertion.claim.nbf.seconds",
    60,
    "Seconds by which an assertion is dated back.",
    between(0, 3600),
  ),
  string("sasl.oauthbearer.assertion.claim.sub", null, "Subject of assertions."),
  string("sasl.oauthbearer.assertion.file", null, "File of a finished assertion."),
  string("sasl.oauthbearer.assertion.private.key.file", null, "File of the signing key."),
  password(
    "sasl.oauthbearer.assertion.private.key.passphrase",
    null,
    "Passphrase of the signing key.",
  ),
  string("sasl.oauthbearer.assertion.template.file", null, "File of further claims."),
];

export const OAUTH_CONFIGS: readonly ConfigDefinition[] = [...TOKENS, ...ASSERTIONS];
