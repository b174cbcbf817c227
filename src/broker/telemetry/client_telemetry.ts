import { randomUuid, type Uuid, ZERO_UUID } from "../../base/uuid.ts";
import type { Clock } from "../../io/clock.ts";
import type { Random } from "../../io/random.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import { Codec, CompressionError, isCodec } from "../../protocol/compression/codec.ts";
import { decompress } from "../../protocol/compression/compression.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import {
  type ClientAttributes,
  type ClientSubscription,
  subscriptionFor,
} from "./client_subscription.ts";
import { PushedMetrics } from "./pushed_metrics.ts";
import { readClientMetrics } from "./otlp_metrics.ts";

/** What a push carries. */
export interface MetricsPush {
  readonly clientInstanceId: Uuid;
  readonly subscriptionId: number;
  /** The client's last. */
  readonly terminating: boolean;
  readonly compressionType: number;
  readonly metrics: Uint8Array;
}

/** What a client is told to do. */
export interface TelemetryGrant {
  readonly errorCode: number;
  readonly clientInstanceId: Uuid;
  readonly subscription: ClientSubscription;
  readonly telemetryBytesMax: number;
}

/** What {@link ClientTelemetry} works with. */
export interface ClientTelemetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly image: ClusterImage;
  /** `telemetry.max.bytes`. */
  readonly bytesMax: () => number;
}

/** One client that has asked or pushed lately. */
interface ClientInstance {
  subscription: ClientSubscription;
  lastGetMs: number;
  lastPushMs: number;
  /** The first push after each answer may come at any time. */
  hasPushedSinceGet: boolean;
  isTerminating: boolean;
  /** A client that was told so may ask again before its interval is over. */
  mayAskAgain: boolean;
}

/** Beyond it the client that was quiet for longest is forgotten, and may ask as if it were new. */
const INSTANCES_MAX = 16_384;
/** A push may grow so many times when it is decompressed. */
const EXPANSION_MAX = 16;

/** What clients are asked to compress with, the best first. */
export const ACCEPTED_CODECS: readonly number[] = [
  Codec.zstd,
  Codec.lz4,
  Codec.gzip,
  Codec.snappy,
];

/**
 * The metrics that clients are asked for and push (KIP-714). What they push is kept, the newest
 * value of each, and told with the broker's own metrics.
 */
export class ClientTelemetry {
  readonly pushed: PushedMetrics;
  /** In the order of their last request, the oldest first. */
  readonly #instances = new Map<Uuid, ClientInstance>();

  constructor(private readonly options: ClientTelemetryOptions) {
    this.pushed = new PushedMetrics(options.clock);
  }

  /** GetTelemetrySubscriptions: the nil uuid asks for an instance id, too. */
  subscribe(asked: Uuid, client: ClientAttributes): TelemetryGrant {
    const { clock, random, bytesMax } = this.options;
    const isNew = asked === ZERO_UUID;
    const clientInstanceId = isNew ? randomUuid((bytes) => random.fill(bytes)) : asked;
    const instance = this.#touch(clientInstanceId, client);
    const nowMs = clock.monotonicMs();
    const sinceMs = nowMs - Math.max(instance.lastGetMs, instance.lastPushMs);
    const isEarly = sinceMs < instance.subscription.pushIntervalMs && !instance.mayAskAgain;
    instance.subscription = this.#subscription(clientInstanceId, client);
    const { subscription } = instance;
    const grant = { clientInstanceId, subscription, telemetryBytesMax: bytesMax() };
    if (isEarly) return { errorCode: ErrorCode.THROTTLING_QUOTA_EXCEEDED, ...grant };
    instance.lastGetMs = nowMs;
    instance.hasPushedSinceGet = false;
    instance.mayAskAgain = false;
    return { errorCode: ErrorCode.NONE, ...grant };
  }

  /** PushTelemetry; returns an error code. */
  push(push: MetricsPush, client: ClientAttributes): number {
    const { clientInstanceId } = push;
    if (clientInstanceId === ZERO_UUID) return ErrorCode.INVALID_REQUEST;
    const instance = this.#touch(clientInstanceId, client);
    const refusal = this.#refusal(instance, push, client);
    if (refusal !== ErrorCode.NONE) {
      instance.mayAskAgain = refusal === ErrorCode.UNKNOWN_SUBSCRIPTION_ID ||
        refusal === ErrorCode.UNSUPPORTED_COMPRESSION_TYPE;
      return refusal;
    }
    instance.lastPushMs = this.options.clock.monotonicMs();
    instance.hasPushedSinceGet = true;
    instance.isTerminating = push.terminating;
    return this.#receive(push, client, instance.subscription.pushIntervalMs);
  }

  #refusal(instance: ClientInstance, push: MetricsPush, client: ClientAttributes): number {
    if (instance.isTerminating) return ErrorCode.INVALID_REQUEST;
    const sinceMs = this.options.clock.monotonicMs() - instance.lastPushMs;
    const isEarly = instance.hasPushedSinceGet && sinceMs < instance.subscription.pushIntervalMs;
    if (isEarly && !push.terminating) return ErrorCode.THROTTLING_QUOTA_EXCEEDED;
    instance.subscription = this.#subscription(push.clientInstanceId, client);
    if (push.subscriptionId !== instance.subscription.id) return ErrorCode.UNKNOWN_SUBSCRIPTION_ID;
    if (!isCodec(push.compressionType)) return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE;
    if (push.metrics.length > this.options.bytesMax()) return ErrorCode.TELEMETRY_TOO_LARGE;
    return ErrorCode.NONE;
  }

  #receive(push: MetricsPush, client: ClientAttributes, pushIntervalMs: number): number {
    const { clientInstanceId, compressionType, metrics, terminating } = push;
    try {
      const codec = compressionType as Codec;
      const bytes = codec === Codec.none
        ? metrics
        : decompress(codec, metrics, EXPANSION_MAX * this.options.bytesMax());
      this.pushed.receive(clientInstanceId, client, readClientMetrics(bytes), pushIntervalMs);
    } catch (error) {
      if (!(error instanceof ProtocolError) && !(error instanceof CompressionError)) throw error;
      return ErrorCode.INVALID_RECORD;
    }
    if (terminating) this.pushed.forget(clientInstanceId);
    return ErrorCode.NONE;
  }

  /** The instance, made when it is not known, as the one that was heard of last. */
  #touch(id: Uuid, client: ClientAttributes): ClientInstance {
    const instance = this.#instances.get(id) ?? {
      subscription: this.#subscription(id, client),
      lastGetMs: -Infinity,
      lastPushMs: -Infinity,
      hasPushedSinceGet: false,
      isTerminating: false,
      mayAskAgain: false,
    };
    this.#instances.delete(id);
    this.#instances.set(id, instance);
    if (this.#instances.size > INSTANCES_MAX) {
      const [oldest] = this.#instances.keys();
      this.#instances.delete(oldest!);
    }
    return instance;
  }

  #subscription(id: Uuid, client: ClientAttributes): ClientSubscription {
    return subscriptionFor(this.options.image, { ...client, client_instance_id: id });
  }
}
