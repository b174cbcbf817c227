/** The dashboard and the alert rules of docs/monitoring, against what a broker tells. */
import assert from "node:assert/strict";
import { parser } from "@prometheus-io/lezer-promql";
import { join } from "std/path";
import { parse as parseYaml } from "yaml";
import { collectCluster } from "../../../src/metrics/cluster_metrics.ts";
import { createRegistry } from "../../../src/metrics/registry.ts";
import type { ProcessFigures, ServerFigures } from "../../../src/metrics/sources.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

const MONITORING = join(import.meta.dirname ?? ".", "../../../docs/monitoring");

interface Target {
  readonly expr: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { query: string } }[];
  };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

function text(file: string): string {
  return Deno.readTextFileSync(join(MONITORING, file));
}

const dashboard: Dashboard = JSON.parse(text("dashboard.json"));
const panels = dashboard.panels.filter(({ type }) => type !== "row");
const rules = (parseYaml(text("alerts.yaml")) as Rules).groups.flatMap(({ rules }) => rules);

/** What Grafana puts in place of its variables. */
function interpolated(expr: string): string {
  return expr.replaceAll("$__rate_interval", "5m");
}

/** The metrics of an expression, which must be PromQL. */
function metricsOf(expr: string): string[] {
  const names: string[] = [];
  parser.parse(expr).iterate({
    enter({ name, type, from, to }) {
      assert.ok(!type.isError, `no PromQL near ${from}: ${expr}`);
      // The name alone: a selector's other children are its matchers.
      if (name === "VectorSelector") names.push(expr.slice(from, to).replace(/\{[\s\S]*/, ""));
    },
  });
  assert.ok(names.length > 0, `no metric in ${expr}`);
  return names.map((name) => name.trim());
}

const SERVER: ServerFigures = {
  connectionsOpen: 0,
  connectionsAccepted: 0,
  connectionsRefused: 0,
  connectionsTimedOut: 0,
  connectionsMalformed: 0,
  bytesIn: 0,
  bytesOut: 0,
  apis: () => [],
};

const PROCESS: ProcessFigures = {
  residentBytes: () => 1,
  heapUsedBytes: () => 1,
  heapTotalBytes: () => 1,
  externalBytes: () => 1,
  cpuSeconds: () => ({ user: 1, system: 1 }),
  takeEventLoopLagMsMax: () => 0,
  startedAtMs: 0,
  version: "0",
};

/** The names of all metrics, those of a broker that gossips included. */
async function metricNames(): Promise<Set<string>> {
  const names = new Set<string>();
  await BrokerFixture.with(async ({ broker }) => {
    const exposed = await (await createRegistry(broker, SERVER, PROCESS, [1])).metrics();
    for (const [, name] of exposed.matchAll(/^# TYPE (\S+)/gm)) names.add(name!);
    const gossip = {
      members: () => [],
      counters: { packetsSent: 0, packetsReceived: 0, packetsRejected: 0 },
      healthScore: 0,
    };
    const member: typeof broker = Object.create(broker, { cluster: { value: { gossip } } });
    for (const { name } of collectCluster(member)) names.add(name);
  });
  return names;
}

Deno.test("dashboard.json asks for metrics that a broker tells, in PromQL", async () => {
  const known = await metricNames();
  for (const { title, targets = [] } of panels) {
    assert.ok(targets.length > 0, title);
    for (const { expr } of targets) {
      for (const name of metricsOf(interpolated(expr))) assert.ok(known.has(name), name);
    }
  }
  for (const { name, query } of dashboard.templating.list) {
    const asked = typeof query === "string" ? query : query.query;
    if (name === "datasource") continue;
    const [, selector = ""] = /^label_values\((.*), \w+\)$/.exec(asked) ?? [];
    for (const metric of metricsOf(selector)) assert.ok(known.has(metric), metric);
  }
});

Deno.test("dashboard.json shows every metric of a broker, or leaves it out on purpose", async () => {
  const shown = new Set(
    panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr }) => metricsOf(interpolated(expr)))
    ),
  );
  const missing = [...await metricNames()].filter((name) => !shown.has(name));
  assert.deepEqual(missing.sort(), [
    "kafka_log_logcleaner_cleaner_recopy_percent",
    "kafka_log_logcleaner_max_buffer_utilization_percent",
    "kafka_log_logcleanermanager_time_since_last_run_ms",
    "kafka_log_logcleanermanager_uncleanable_bytes",
  ]);
});

Deno.test("dashboard.json has title, description, unit and a place of its own for each panel", () => {
  assert.ok(panels.length > 50);
  const taken = new Map<string, string>();
  for (const { title, description, fieldConfig, gridPos: { x, y, w, h } } of panels) {
    assert.notEqual(title.trim(), "");
    assert.match(description ?? "", /\.$/, `description of ${title}`);
    assert.notEqual(fieldConfig?.defaults.unit ?? "", "", `unit of ${title}`);
    assert.ok(x + w <= 24, `${title} is within the page`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const place = `${column}/${line}`;
        assert.equal(taken.get(place), undefined, `${title} lies on ${taken.get(place)}`);
        taken.set(place, title);
      }
    }
  }
  const ids = dashboard.panels.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("dashboard.json uses no variable that it does not have", () => {
  const variables = new Set(dashboard.templating.list.map(({ name }) => name));
  for (const [, name] of text("dashboard.json").matchAll(/\$\{?(\w+)/g)) {
    if (name === "__rate_interval" || name === "__all") continue;
    assert.ok(variables.has(name!), name);
  }
});

Deno.test("alerts.yaml asks for metrics that a broker tells, in PromQL", async () => {
  // Prometheus itself says whether it could scrape.
  const known = new Set([...await metricNames(), "up"]);
  for (const { expr } of rules) {
    for (const name of metricsOf(expr)) assert.ok(known.has(name), name);
  }
});

Deno.test("alerts.yaml names, grades and explains each alert, once", () => {
  const names = rules.map(({ alert }) => alert);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 9);
  for (const { alert, labels, annotations, for: duration } of rules) {
    assert.match(alert, /^Jocko[A-Z]\w+$/);
    assert.match(labels["severity"] ?? "", /^(warning|critical)$/, alert);
    assert.notEqual(annotations["summary"] ?? "", "", alert);
    assert.match(annotations["description"] ?? "", /\.$/, alert);
    if (duration !== undefined) assert.match(duration, /^\d+[smh]$/, alert);
    for (const [, braces] of JSON.stringify(annotations).matchAll(/\{\{ (.*?) \}\}/g)) {
      assert.match(braces!, /^(\$value|\$labels\.\w+)( \| \w+)?$/, alert);
    }
  }
});
