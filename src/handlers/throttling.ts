/**
 * Quotas around the handlers: what a request costs is counted, and a client that is above its
 * limits gets its answer at once, with the time that it is to stay quiet for, and is muted that
 * long (KIP-124, KIP-219).
 *
 * Producers are also slowed when the disk is nearly full.
 *
 * Of handlers that answer later, the time until they first wait is counted. Fetch counts for
 * itself, since a throttled client must not get the records.
 */
import type { Broker } from "../broker/broker.ts";
import type { PartitionPermits } from "../metadata/partition_permits.ts";
import { fetchApi } from "../protocol/generated/apis/fetch.ts";
import { produceApi } from "../protocol/generated/apis/produce.ts";
import {
  Accepted,
  type Answer,
  CLOSE_CONNECTION,
  Leased,
  NO_REPLY,
  type Reply,
  type RequestContext,
  type Route,
  Throttled,
} from "./route.ts";

/** The route, with its requests counted against the quotas of the broker. */
export function underQuotas(broker: Broker, route: Route): Route {
  if (route.api.key === fetchApi.key) return route;
  const { quotas, clock, diskBudget } = broker;
  const isProduce = route.api.key === produceApi.key;
  return {
    ...route,
    handle(context, request) {
      if (isProduce && diskBudget.isSlowing) {
        const reply = route.handle(context, request) as Reply<object>;
        const bytesMs = quotas.isActive
          ? quotas.produced(context.clientId, context.requestBytes)
          : 0;
        return throttledReply(reply, Math.max(bytesMs, diskBudget.throttleMs()));
      }
      if (!quotas.isActive) return route.handle(context, request);
      const startMs = clock.monotonicMs();
      const reply = route.handle(context, request) as Reply<object>;
      // A client that gets no answer can't be told to wait for the time that it takes (acks=0).
      const isTold = reply !== NO_REPLY && reply !== CLOSE_CONNECTION;
      const { clientId, requestBytes } = context;
      const timeMs = isTold ? quotas.worked(clientId, clock.monotonicMs() - startMs) : 0;
      const bytesMs = isProduce ? quotas.produced(clientId, requestBytes) : 0;
      return throttledReply(reply, Math.max(timeMs, bytesMs));
    },
  };
}

/**
 * Lets `decide` make or remove partitions as far as the client may.
 *
 * @param refusesFrom the first version of the API whose clients know THROTTLING_QUOTA_EXCEEDED
 */
export async function withPartitionPermits<Response extends object>(
  { quotas }: Broker,
  { clientId, apiVersion }: RequestContext,
  refusesFrom: number,
  decide: (permits: PartitionPermits) => Promise<Response>,
): Promise<Answer<Response>> {
  const permits = quotas.partitionPermits(clientId, apiVersion >= refusesFrom);
  const response = await decide(permits);
  return permits.throttleMs > 0 ? throttled(response, permits.throttleMs) : response;
}

/** The reply, after which the connection is muted for at least `muteMs`. */
function throttledReply(reply: Reply<object>, muteMs: number): Reply<object> {
  if (muteMs <= 0) return reply;
  if (reply instanceof Promise) return reply.then((answer) => throttled(answer, muteMs));
  if (reply instanceof Accepted) {
    return new Accepted(reply.answer.then((answer) => throttled(answer, muteMs)));
  }
  return throttled(reply, muteMs);
}

function throttled<Response extends object>(
  answer: Answer<Response>,
  muteMs: number,
): Answer<Response> {
  if (answer === CLOSE_CONNECTION) return answer;
  const longerMs = answer instanceof Throttled ? Math.max(answer.muteMs, muteMs) : muteMs;
  const response = answer instanceof Throttled ? answer.response : answer;
  return new Throttled(withThrottleTime(response, longerMs), longerMs);
}

function withThrottleTime<Response extends object>(
  response: Response | Leased<Response> | typeof NO_REPLY,
  throttleTimeMs: number,
): Response | Leased<Response> | typeof NO_REPLY {
  if (response === NO_REPLY) return response;
  if (response instanceof Leased) {
    return new Leased({ ...response.response, throttleTimeMs }, response.release);
  }
  return { ...response, throttleTimeMs };
}
