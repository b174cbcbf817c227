import assert from "node:assert/strict";
import { ErrorCode, errorInfo } from "../../../src/protocol/error_codes.ts";
import { errorMessage } from "../../../src/protocol/error_messages.ts";

Deno.test("ErrorCode holds every code from -1 to 133 once", () => {
  const codes = Object.values(ErrorCode).toSorted((a, b) => a - b);
  assert.deepEqual(codes, Array.from({ length: 135 }, (_, i) => i - 1));
});

Deno.test("errorInfo() names a code and tells whether to try again", () => {
  assert.deepEqual(errorInfo(16), { code: 16, name: "NOT_COORDINATOR", retriable: true });
  assert.deepEqual(errorInfo(42), { code: 42, name: "INVALID_REQUEST", retriable: false });
  assert.deepEqual(errorInfo(0), { code: 0, name: "NONE", retriable: false });
});

Deno.test("errorInfo() calls a code unknown when the protocol does not define it", () => {
  assert.deepEqual(errorInfo(999), { code: 999, name: "UNKNOWN(999)", retriable: false });
});

Deno.test("errorMessage() has a sentence for every code, and different ones", () => {
  const messages = Object.values(ErrorCode).map((code) => errorMessage(code));
  for (const message of messages) assert.match(message, /^[A-Za-z].{7,}\.$/);
  assert.equal(new Set(messages).size, messages.length);
  assert.equal(errorMessage(999), "Error 999.");
});
