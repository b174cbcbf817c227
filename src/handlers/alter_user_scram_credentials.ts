/**
 * AlterUserScramCredentials (key 51), version 0.
 *
 * Credentials are stored for the users that SCRAM will check; no listener of this broker asks for
 * authentication yet. Of a salted password the two keys of RFC 5802 are kept, as Kafka keeps them.
 */
import type { Broker } from "../broker/broker.ts";
import { alterScramCredentials, type DeriveScramKeys } from "../metadata/scram_credentials.ts";
import { alterUserScramCredentialsApi } from "../protocol/generated/apis/alter_user_scram_credentials.ts";
import { type Route, route } from "./route.ts";

const CLIENT_KEY = new TextEncoder().encode("Client Key");
const SERVER_KEY = new TextEncoder().encode("Server Key");

export function alterUserScramCredentialsRoute(broker: Broker): Route {
  const { digests } = broker;
  const deriveKeys: DeriveScramKeys = (hash, saltedPassword) => ({
    storedKey: digests.hash(hash, digests.hmac(hash, saltedPassword, CLIENT_KEY)),
    serverKey: digests.hmac(hash, saltedPassword, SERVER_KEY),
  });
  return route(
    alterUserScramCredentialsApi,
    (_context, request) =>
      broker.decisions.decide((image) => alterScramCredentials(image, request, deriveKeys)),
  );
}
