import assert from "node:assert/strict";
import { brokerPermissions, peerGrants } from "../../../../src/cli/broker_thread/permissions.ts";

Deno.test("brokerPermissions() grants the data directory and the ports, and nothing else", () => {
  const permissions = brokerPermissions({
    dataDir: "/var/lib/jocko",
    listeners: [
      { name: "A", host: "0.0.0.0", port: 9092 },
      { name: "B", host: "::1", port: 0 },
    ],
    http: { host: "127.0.0.1", port: 9464 },
    cluster: undefined,
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

Deno.test("peerGrants() covers loopback, or the cluster ports of other machines", () => {
  const grants = (host: string, port: number, ...join: { host: string; port: number }[]) =>
    peerGrants({ listen: { host, port }, join });
  assert.deepEqual(grants("127.0.0.1", 9093), ["127.0.0.0/8"]);
  assert.deepEqual(grants("::1", 9093), ["[::1]"]);
  assert.deepEqual(grants("10.0.0.5", 9093), ["10.0.0.5", "0.0.0.0/0:9093"]);
  assert.deepEqual(
    grants("10.0.0.5", 9093, { host: "broker-1.example", port: 9193 }),
    ["10.0.0.5", "0.0.0.0/0:9093", "0.0.0.0/0:9193", "broker-1.example:9193"],
  );
});
