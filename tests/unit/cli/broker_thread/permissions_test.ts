import assert from "node:assert/strict";
import { brokerPermissions } from "../../../../src/cli/broker_thread/permissions.ts";

Deno.test("brokerPermissions() grants the data directory and the ports, and nothing else", () => {
  const permissions = brokerPermissions({
    dataDir: "/var/lib/jocko",
    listeners: [
      { name: "A", host: "0.0.0.0", port: 9092 },
      { name: "B", host: "::1", port: 0 },
    ],
    http: { host: "127.0.0.1", port: 9464 },
  });
  assert.deepEqual(permissions, {
    read: ["/var/lib/jocko"],
    write: ["/var/lib/jocko"],
    net: ["0.0.0.0:9092", "[::1]:0", "127.0.0.1:9464"],
    env: false,
    run: false,
    ffi: false,
    sys: ["statfs"],
    import: false,
  });
});
