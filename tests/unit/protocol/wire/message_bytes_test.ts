import assert from "node:assert/strict";
import { endTxnMarker } from "../../../../src/protocol/generated/common/end_txn_marker.ts";
import { ProtocolError, UnsupportedVersionError } from "../../../../src/protocol/protocol_error.ts";
import { decodeMessage, encodeMessage } from "../../../../src/protocol/wire/message_bytes.ts";

Deno.test("encodeMessage() returns an array of its own for every message", () => {
  const first = encodeMessage(endTxnMarker, { coordinatorEpoch: 1 }, 0);
  const second = encodeMessage(endTxnMarker, { coordinatorEpoch: 2 }, 0);
  assert.deepEqual([...first], [0, 0, 0, 1]);
  assert.deepEqual([...second], [0, 0, 0, 2]);
  assert.equal(first.buffer.byteLength, 4);
});

Deno.test("decodeMessage() returns the message when the bytes hold just that", () => {
  assert.deepEqual(decodeMessage(endTxnMarker, Uint8Array.of(0, 0, 1, 0), 0), {
    coordinatorEpoch: 256,
  });
});

Deno.test("decodeMessage() throws when bytes follow, or the version does not exist", () => {
  const bytes = Uint8Array.of(0, 0, 0, 1, 0);
  assert.throws(() => decodeMessage(endTxnMarker, bytes, 0), ProtocolError);
  assert.throws(() => decodeMessage(endTxnMarker, bytes, 9), UnsupportedVersionError);
});
