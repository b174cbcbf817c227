/** Writes OpenTelemetry's metrics as clients do, field by field. */

type Bytes = readonly number[];

export function varintField(field: number, value: number): Bytes {
  return [...varint(field * 8), ...varint(value)];
}

export function bytesField(field: number, content: Bytes): Bytes {
  return [...varint(field * 8 + 2), ...varint(content.length), ...content];
}

export function intPoint(value: number, attributes: Record<string, string> = {}): Bytes {
  return [...fixed64(6, (view) => view.setBigInt64(0, BigInt(value), true)), ...all(attributes)];
}

export function doublePoint(value: number, attributes: Record<string, string> = {}): Bytes {
  return [...fixed64(4, (view) => view.setFloat64(0, value, true)), ...all(attributes)];
}

/** A metric: a gauge or a sum of the points given. */
export interface MetricInit {
  readonly name: string;
  readonly gauge?: readonly Bytes[];
  readonly sum?: readonly Bytes[];
  readonly temporality?: number;
}

export function metricsOf(...metrics: readonly MetricInit[]): Uint8Array {
  const encoded = metrics.map(({ name, gauge, sum, temporality }) => {
    const points = (gauge ?? sum ?? []).flatMap((point) => bytesField(1, point));
    const body = temporality === undefined ? points : [...points, ...varintField(2, temporality)];
    return [...text(1, name), ...bytesField(gauge === undefined ? 7 : 5, body)];
  });
  const scope = encoded.flatMap((metric) => bytesField(2, metric));
  return new Uint8Array(bytesField(1, bytesField(2, scope)));
}

function varint(value: number): Bytes {
  const bytes = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 0x80);
  return [...bytes, rest];
}

function fixed64(field: number, set: (view: DataView) => void): Bytes {
  const bytes = new Uint8Array(8);
  set(new DataView(bytes.buffer));
  return [...varint(field * 8 + 1), ...bytes];
}

function text(field: number, value: string): Bytes {
  return bytesField(field, [...new TextEncoder().encode(value)]);
}

function all(attributes: Record<string, string>): Bytes {
  return Object.entries(attributes).flatMap(([key, value]) =>
    bytesField(7, [...text(1, key), ...bytesField(2, text(1, value))])
  );
}
