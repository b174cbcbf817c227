/**
 * DescribeUserScramCredentials (key 50), version 0.
 */
import type { Broker } from "../broker/broker.ts";
import { describeScramCredentials } from "../metadata/scram_credentials.ts";
import { describeUserScramCredentialsApi } from "../protocol/generated/apis/describe_user_scram_credentials.ts";
import { type Route, route } from "./route.ts";

export function describeUserScramCredentialsRoute(broker: Broker): Route {
  return route(
    describeUserScramCredentialsApi,
    (_context, request) => describeScramCredentials(broker.quorum.image, request),
  );
}
