/**
 * Reads the metrics that clients push: OpenTelemetry's `MetricsData`, version 1, in protocol buffers
 * (KIP-714). Of its points gauges and sums are taken, which is all that Kafka's clients send;
 * histograms and summaries are passed over.
 */
import { ProtobufReader, WireType } from "./protobuf_reader.ts";

/** One number that a client tells of itself. */
export interface ClientMetricPoint {
  /** As the client calls it, such as `org.apache.kafka.producer.connection.creation.rate`. */
  readonly name: string;
  readonly kind: "gauge" | "sum";
  /** The value is what was added since the last push, not the whole. */
  readonly isDelta: boolean;
  readonly value: number;
  readonly attributes: ReadonlyMap<string, string>;
}

/** With the bytes of a push, these bound the memory that it can cost. */
const POINTS_MAX = 2000;
const ATTRIBUTES_MAX = 16;
const TEXT_CHARS_MAX = 256;

/** Field numbers of the messages, by OpenTelemetry's names. */
const METRICS_DATA = { resourceMetrics: 1 } as const;
const RESOURCE_METRICS = { scopeMetrics: 2 } as const;
const SCOPE_METRICS = { metrics: 2 } as const;
const METRIC = { name: 1, gauge: 5, sum: 7 } as const;
const GAUGE_OR_SUM = { dataPoints: 1, aggregationTemporality: 2 } as const;
const DATA_POINT = { asDouble: 4, asInt: 6, attributes: 7 } as const;
const KEY_VALUE = { key: 1, value: 2 } as const;
const ANY_VALUE = { stringValue: 1 } as const;
const DELTA = 1;

/**
 * The points in `bytes` in their order, {@link POINTS_MAX} at most.
 * @throws {ProtocolError} when the bytes are no such message
 */
export function readClientMetrics(bytes: Uint8Array): ClientMetricPoint[] {
  const points: ClientMetricPoint[] = [];
  for (const resource of messages(bytes, METRICS_DATA.resourceMetrics)) {
    for (const scope of messages(resource, RESOURCE_METRICS.scopeMetrics)) {
      for (const metric of messages(scope, SCOPE_METRICS.metrics)) readMetric(metric, points);
    }
  }
  return points;
}

/** The sub-messages in the field `wanted`. */
function* messages(bytes: Uint8Array, wanted: number): Generator<Uint8Array> {
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    if (reader.isAt(wanted, WireType.bytes)) yield reader.message();
    else reader.skip();
  }
}

function readMetric(bytes: Uint8Array, points: ClientMetricPoint[]): void {
  let name = "";
  let kind: ClientMetricPoint["kind"] = "gauge";
  let body: Uint8Array | undefined;
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    if (reader.isAt(METRIC.name, WireType.bytes)) name = text(reader.message());
    else if (reader.isAt(METRIC.gauge, WireType.bytes)) body = reader.message();
    else if (reader.isAt(METRIC.sum, WireType.bytes)) {
      kind = "sum";
      body = reader.message();
    } else reader.skip();
  }
  if (body === undefined || name === "") return;
  const isDelta = kind === "sum" && temporalityOf(body) === DELTA;
  for (const point of messages(body, GAUGE_OR_SUM.dataPoints)) {
    const { value, attributes } = readPoint(point);
    if (value === undefined || points.length >= POINTS_MAX) continue;
    points.push({ name, kind, isDelta, value, attributes });
  }
}

function temporalityOf(sum: Uint8Array): number {
  let temporality = 0;
  const reader = new ProtobufReader(sum);
  while (reader.next()) {
    if (reader.isAt(GAUGE_OR_SUM.aggregationTemporality, WireType.varint)) {
      temporality = reader.varint();
    } else reader.skip();
  }
  return temporality;
}

function readPoint(bytes: Uint8Array) {
  let value: number | undefined;
  const attributes = new Map<string, string>();
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    if (reader.isAt(DATA_POINT.asDouble, WireType.fixed64)) value = reader.double();
    else if (reader.isAt(DATA_POINT.asInt, WireType.fixed64)) value = reader.fixedInt64();
    else if (reader.isAt(DATA_POINT.attributes, WireType.bytes)) {
      readAttribute(reader.message(), attributes);
    } else reader.skip();
  }
  return { value, attributes };
}

/** Attributes that are no text, which Kafka's clients don't send, are passed over. */
function readAttribute(bytes: Uint8Array, attributes: Map<string, string>): void {
  let key = "";
  let value: string | undefined;
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    if (reader.isAt(KEY_VALUE.key, WireType.bytes)) key = text(reader.message());
    else if (reader.isAt(KEY_VALUE.value, WireType.bytes)) {
      for (const string of messages(reader.message(), ANY_VALUE.stringValue)) value = text(string);
    } else reader.skip();
  }
  if (key === "" || value === undefined || attributes.size >= ATTRIBUTES_MAX) return;
  attributes.set(key, value);
}

const DECODER = new TextDecoder();

function text(bytes: Uint8Array): string {
  return DECODER.decode(bytes.subarray(0, 4 * TEXT_CHARS_MAX)).slice(0, TEXT_CHARS_MAX);
}
