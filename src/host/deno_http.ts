import type { SocketAddress } from "../io/network.ts";

/** An HTTP port that is open. */
export interface HttpServer {
  /** As bound, the chosen port in place of 0. */
  readonly address: SocketAddress;
  /** Takes no new requests and settles when those under way are answered. */
  close(): Promise<void>;
}

/**
 * Serves HTTP/1.1 and HTTP/2 in plain text.
 * @param onError is told what `handler` threw; the client gets status 500
 * @throws when the address can't be bound
 */
export function serveHttp(
  address: SocketAddress,
  handler: (request: Request) => Response | Promise<Response>,
  onError: (error: unknown) => void,
): HttpServer {
  const { host: hostname, port } = address;
  const server = Deno.serve({
    hostname,
    port,
    onListen() {},
    onError(error) {
      onError(error);
      return new Response("internal error\n", { status: 500 });
    },
  }, handler);
  return {
    address: { host: server.addr.hostname, port: server.addr.port },
    close: () => server.shutdown(),
  };
}
