/** `jocko cluster health|restart-check` */
import { buildCommand } from "@stricli/core";
import { isRetriable, NoBrokerError } from "../../../client/errors.ts";
import { pause } from "../../../client/cluster_client.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import { renderTable } from "../../output/table.ts";
import { counted } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  parseCount,
  switchFlag,
} from "../../session/flags.ts";
import { CommandError, UsageError } from "../../session/failures.ts";
import type { Session } from "../../session/session.ts";
import { type ClusterView, findProblems, type Problem, restartRisk } from "./health_report.ts";
import { readCluster } from "./view.ts";

interface HealthFlags extends CommonFlags {
  readonly watch?: boolean | undefined;
  readonly exitWhenHealthy?: boolean | undefined;
}

const WATCH_PAUSE_MS = 1_000;

const health = action<HealthFlags, []>(async (session, flags) => {
  if (flags.exitWhenHealthy && !flags.watch) {
    throw new UsageError("--exit-when-healthy goes with --watch");
  }
  if (flags.watch) return await watch(session, flags);
  const { view } = await readCluster(session.client);
  const problems = findProblems(view);
  printHealth(session, view, problems);
  return problems.length === 0 ? ExitCode.ok : ExitCode.unhealthy;
});

/** Prints the health whenever it changes, until Ctrl-C, or until all is well. */
async function watch(session: Session, flags: HealthFlags): Promise<ExitCode> {
  let isStopped = false;
  const forgetSignals = session.process.onStopSignal(() => isStopped = true);
  const startMs = session.clock.monotonicMs();
  let last = "";
  try {
    while (!isStopped) {
      const seen = await look(session);
      const text = JSON.stringify(seen.problems);
      if (text !== last) printHealth(session, seen.view, seen.problems);
      last = text;
      if (flags.exitWhenHealthy) {
        if (seen.problems.length === 0) return ExitCode.ok;
        if (session.clock.monotonicMs() - startMs > session.timeoutMs) {
          throw new CommandError("not healthy in time", ExitCode.unhealthy);
        }
      }
      await pause(session.clock, WATCH_PAUSE_MS);
    }
    return ExitCode.ok;
  } finally {
    forgetSignals();
  }
}

/** A cluster that does not answer is a problem like others. */
async function look(
  session: Session,
): Promise<{ readonly view: ClusterView; readonly problems: readonly Problem[] }> {
  const client = session.openClient({ operationTimeoutMs: WATCH_PAUSE_MS });
  try {
    const { view } = await readCluster(client);
    return { view, problems: findProblems(view) };
  } catch (error) {
    if (!(error instanceof NoBrokerError) && !isRetriable(error)) throw error;
    const what = error instanceof Error ? error.message : String(error);
    const view = { brokers: [], partitions: [], quorum: undefined };
    return { view, problems: [{ severity: "error", what, where: "cluster" }] };
  } finally {
    client.close();
  }
}

function printHealth(session: Session, view: ClusterView, problems: readonly Problem[]): void {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const state = errors > 0 ? "unhealthy" : problems.length > 0 ? "degraded" : "healthy";
  session.print({
    value: {
      state,
      brokers: view.brokers.length,
      partitions: view.partitions.length,
      problems: problems.map((problem) => ({ ...problem })),
    },
    table: (style) => {
      const dressed = state === "healthy"
        ? style.good(state)
        : errors > 0
        ? style.bad(state)
        : style.warn(state);
      const counts = `${counted(view.brokers.length, "broker")}, ` +
        counted(view.partitions.length, "partition");
      if (problems.length === 0) return `${dressed}: ${counts}\n`;
      return `${dressed}: ${counts}, ${counted(problems.length, "problem")}\n\n` + renderTable(
        ["SEVERITY", "WHERE", "WHAT"],
        problems.map(({ severity, where, what }) => [
          { text: severity, style: severity === "error" ? "bad" : "warn" },
          where,
          what,
        ]),
        style,
      );
    },
  });
}

export const healthCommand = buildCommand<HealthFlags, [], CommandContext>({
  func: health,
  parameters: {
    flags: {
      watch: switchFlag("Go on looking, and print what changes"),
      exitWhenHealthy: switchFlag("With --watch: stop when all is well, fail after --timeout"),
      ...commonParameters,
    },
    aliases: { ...commonAliases, w: "watch" },
  },
  docs: {
    brief: "Find what is wrong",
    fullDescription:
      `Find partitions without a leader, below min.insync.replicas or with replicas that
are behind, brokers out of service, and a quorum without a leader.

EXAMPLES
  jocko cluster health
  jocko cluster health --watch
  jocko cluster health --watch --exit-when-healthy --timeout 2m

EXIT CODES
  0 healthy  3 no broker reached  5 something needs attention`,
  },
});

const restartCheck = action<CommonFlags, number[]>(async (session, _flags, ...ids) => {
  const { view } = await readCluster(session.client);
  const known = view.brokers.map(({ id }) => id);
  for (const id of ids) {
    if (!known.includes(id)) {
      throw new CommandError(
        `there is no broker ${id}`,
        ExitCode.notFound,
        "jocko cluster members shows the brokers that there are",
      );
    }
  }
  const risks = (ids.length > 0 ? ids : known).map((id) => restartRisk(view, id));
  const rows = risks.map((risk) => ({
    broker: risk.broker,
    safe: risk.withoutLeader.length === 0 && risk.belowMinimum.length === 0 && !risk.endsQuorum,
    withoutLeader: [...risk.withoutLeader],
    belowMinimum: [...risk.belowMinimum],
    endsQuorum: risk.endsQuorum,
  }));
  session.print({
    value: rows,
    table: (style) =>
      renderTable(
        ["BROKER", "RESTART", "WITHOUT LEADER", "BELOW MINIMUM", "QUORUM"],
        rows.map((row) => [
          row.broker,
          row.safe ? { text: "safe", style: "good" } : { text: "not now", style: "bad" },
          some(row.withoutLeader),
          some(row.belowMinimum),
          row.endsQuorum ? "would be lost" : "stays",
        ]),
        style,
      ),
  });
  return rows.every(({ safe }) => safe) ? ExitCode.ok : ExitCode.unhealthy;
});

/** The first few of many. */
function some(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

export const restartCheckCommand = buildCommand<CommonFlags, number[], CommandContext>({
  func: restartCheck,
  parameters: {
    flags: commonParameters,
    aliases: commonAliases,
    positional: {
      kind: "array",
      parameter: {
        parse: (text: string) => parseCount(text),
        placeholder: "BROKER",
        brief: "Ids of brokers (default: all)",
      },
    },
  },
  docs: {
    brief: "Tell whether brokers may be restarted now",
    fullDescription:
      `Tell for each broker whether it may be restarted now: what would have no leader
while it is away, what would refuse acks=all, and whether the quorum would keep its majority.

EXAMPLES
  jocko cluster restart-check
  jocko cluster restart-check 2 && systemctl restart jocko

EXIT CODES
  0 safe  3 no broker reached  4 no such broker  5 not safe now`,
  },
});
