import type { MetricsText } from "./registry.ts";

/** What the HTTP port answers from. */
export interface HttpRoutesOptions {
  /** Made at the first scrape and kept. */
  readonly registry: () => Promise<MetricsText>;
  /** Whether requests of clients are served: after the start, and until a stop begins. */
  readonly isReady: () => boolean;
}

/** `/metrics` for Prometheus; `/livez` and `/readyz` for whoever restarts or routes. */
export function httpRoutes(
  { registry, isReady }: HttpRoutesOptions,
): (request: Request) => Promise<Response> {
  let loaded: Promise<MetricsText> | undefined;
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return text(405, "method not allowed", { allow: "GET, HEAD" });
    }
    switch (new URL(request.url).pathname) {
      case "/metrics": {
        loaded ??= registry().catch((error) => {
          loaded = undefined;
          throw error;
        });
        const metrics = await loaded;
        return new Response(await metrics.metrics(), {
          headers: { "content-type": metrics.contentType },
        });
      }
      case "/livez":
        return text(200, "ok");
      case "/readyz":
        return isReady() ? text(200, "ok") : text(503, "stopping");
      default:
        return text(404, "not found; there are /metrics, /livez and /readyz");
    }
  };
}

function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(`${body}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}
