import assert from "node:assert/strict";
import { apiVersionsApi } from "../../../src/protocol/generated/apis/api_versions.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import { saslHandshakeApi } from "../../../src/protocol/generated/apis/sasl_handshake.ts";
import { requestHeader } from "../../../src/protocol/generated/request_header.ts";
import { responseHeader } from "../../../src/protocol/generated/response_header.ts";
import {
  hasFlexibleRequestHeader,
  hasFlexibleResponseHeader,
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from "../../../src/protocol/header.ts";
import { ProtocolError } from "../../../src/protocol/protocol_error.ts";
import { ByteReader } from "../../../src/protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../../src/protocol/wire/byte_writer.ts";
import { encodeMessage } from "../../../src/protocol/wire/message_bytes.ts";

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.toBytes();
}

Deno.test("writeRequestHeader() writes what the schema of the header says", () => {
  for (const clientId of [null, "", "größe"]) {
    const header = { apiKey: 1, apiVersion: 17, correlationId: -5, clientId };
    const init = {
      requestApiKey: 1,
      requestApiVersion: 17,
      correlationId: -5,
      clientId,
    };
    for (const flexible of [false, true]) {
      assert.deepEqual(
        written((writer) => writeRequestHeader(writer, header, flexible)),
        encodeMessage(requestHeader, init, flexible ? 2 : 1),
      );
    }
  }
});

Deno.test("readRequestHeader() reads v1 and v2 when told which versions are flexible", () => {
  for (const apiVersion of [11, 12]) {
    const header = { apiKey: 1, apiVersion, correlationId: 9, clientId: "c" };
    const bytes = written((writer) => {
      writeRequestHeader(writer, header, apiVersion >= 12);
      writer.int8(77);
    });
    const reader = new ByteReader().reset(bytes);
    assert.deepEqual(
      readRequestHeader(reader, (key, version) => {
        assert.equal(key, 1);
        return hasFlexibleRequestHeader(fetchApi, version);
      }),
      header,
    );
    assert.equal(reader.int8(), 77);
  }
});

Deno.test("readRequestHeader() skips tagged fields when a newer client sends some", () => {
  const header = { apiKey: 1, apiVersion: 12, correlationId: 9, clientId: null };
  const plain = written((writer) => writeRequestHeader(writer, header, true));
  const extended = Uint8Array.of(...plain.subarray(0, -1), 1, 0, 2, 0xaa, 0xbb);
  const reader = new ByteReader().reset(extended);
  assert.deepEqual(readRequestHeader(reader, () => true), header);
  assert.equal(reader.remaining, 0);
});

Deno.test("readRequestHeader() throws ProtocolError when the frame ends in the header", () => {
  const header = { apiKey: 1, apiVersion: 12, correlationId: 9, clientId: "client" };
  const bytes = written((writer) => writeRequestHeader(writer, header, true));
  for (let end = 0; end < bytes.length; end++) {
    const reader = new ByteReader().reset(bytes, 0, end);
    assert.throws(() => readRequestHeader(reader, () => true), ProtocolError);
  }
});

Deno.test("writeResponseHeader() writes what readResponseHeader() and the schema expect", () => {
  for (const flexible of [false, true]) {
    const bytes = written((writer) => writeResponseHeader(writer, 1234, flexible));
    assert.deepEqual(
      bytes,
      encodeMessage(responseHeader, { correlationId: 1234 }, flexible ? 1 : 0),
    );
    const reader = new ByteReader().reset(bytes);
    assert.equal(readResponseHeader(reader, flexible), 1234);
    assert.equal(reader.remaining, 0);
  }
});

Deno.test("hasFlexibleResponseHeader() is false for ApiVersions when its request header is v2", () => {
  assert.equal(hasFlexibleRequestHeader(apiVersionsApi, 3), true);
  assert.equal(hasFlexibleResponseHeader(apiVersionsApi, 3), false);
  assert.equal(hasFlexibleResponseHeader(apiVersionsApi, 4), false);
  assert.equal(hasFlexibleResponseHeader(fetchApi, 11), false);
  assert.equal(hasFlexibleResponseHeader(fetchApi, 12), true);
});

Deno.test("hasFlexibleRequestHeader() is false when no version of the API is flexible", () => {
  assert.equal(hasFlexibleRequestHeader(saslHandshakeApi, 1), false);
  assert.equal(hasFlexibleResponseHeader(saslHandshakeApi, 1), false);
});
