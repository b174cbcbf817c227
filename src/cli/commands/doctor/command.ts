/** `jocko doctor` */
import { buildCommand } from "@stricli/core";
import { describeCluster, describeQuorum } from "../../../client/admin/cluster.ts";
import { describeLogDirs } from "../../../client/admin/log_dirs.ts";
import { BrokerLink } from "../../../client/broker_link.ts";
import {
  addressText,
  BrokerError,
  isRetriable,
  NoBrokerError,
  UnsupportedApiError,
} from "../../../client/errors.ts";
import type { SocketAddress } from "../../../io/network.ts";
import { ErrorCode } from "../../../protocol/error_codes.ts";
import { errorMessage } from "../../../protocol/error_messages.ts";
import { metadataApi } from "../../../protocol/generated/apis/metadata.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import { renderTable } from "../../output/table.ts";
import { counted } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import { commonAliases, type CommonFlags, commonParameters } from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { VERSION } from "../../version.ts";
import {
  type Dialled,
  type Finding,
  judgeAdvertised,
  judgeBootstrap,
  judgeClock,
  judgeClusterIds,
  judgeDisks,
  judgeLimits,
} from "./checks.ts";

const DIAL_TIMEOUT_MS = 3_000;
const LIMITS_FILE = "/proc/self/limits";

const doctor = action<CommonFlags, []>(async (session) => {
  const findings = await examine(session);
  const count = (level: Finding["level"]): number =>
    findings.filter((finding) => finding.level === level).length;
  session.print({
    value: findings.map((finding) => ({ ...finding })),
    table: (style) =>
      renderTable(
        ["CHECK", "RESULT", "FOUND"],
        findings.map(({ level, check, text }) => [
          check,
          { text: level, style: level === "ok" ? "good" : level === "warning" ? "warn" : "bad" },
          text,
        ]),
        style,
      ),
  });
  session.note(`${counted(count("error"), "error")}, ${counted(count("warning"), "warning")}`);
  return count("error") > 0 ? ExitCode.unhealthy : ExitCode.ok;
});

async function examine(session: Session): Promise<Finding[]> {
  const bootstrap = session.bootstrap();
  const dials = await Promise.all(bootstrap.map((address) => dial(session, address)));
  const findings = judgeBootstrap(dials);
  if (dials.some(({ problem }) => problem === undefined)) {
    findings.push(judgeClusterIds(dials.flatMap(({ clusterId }) => clusterId ?? [])));
    findings.push(...await examineCluster(session, bootstrap));
  }
  findings.push(judgeLimits(session.surroundings.files.readText(LIMITS_FILE)));
  return findings;
}

async function examineCluster(
  session: Session,
  bootstrap: readonly SocketAddress[],
): Promise<Finding[]> {
  try {
    const { brokers } = await describeCluster(session.client);
    const advertised = await Promise.all(
      brokers.filter(({ isFenced }) => !isFenced).map(async ({ host, port, brokerId }) => ({
        ...await dial(session, { host, port }),
        host,
        broker: brokerId,
      })),
    );
    return [
      ...judgeAdvertised(bootstrap, advertised),
      judgeClock(await clockSkewMs(session)),
      ...judgeDisks(await logDirs(session)),
    ];
  } catch (error) {
    if (!isRetriable(error) && !(error instanceof NoBrokerError)) throw error;
    const text = error instanceof Error ? error.message : String(error);
    return [{ level: "error", check: "cluster", text }];
  }
}

/** Dials an address apart from all others, and asks who is there. */
async function dial(
  session: Session,
  address: SocketAddress,
): Promise<Dialled & { readonly clusterId?: string | undefined }> {
  const startMs = session.clock.monotonicMs();
  const elapsedMs = (): number => session.clock.monotonicMs() - startMs;
  try {
    const link = await BrokerLink.open(session.surroundings.network, session.clock, address, {
      clientId: "jocko-doctor",
      software: { name: "jocko-cli", version: VERSION },
      requestTimeoutMs: DIAL_TIMEOUT_MS,
    });
    const answeredMs = elapsedMs();
    try {
      const { clusterId } = await link.send(metadataApi, {
        topics: [],
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      });
      return {
        address: addressText(address),
        problem: undefined,
        elapsedMs: answeredMs,
        clusterId: clusterId ?? undefined,
      };
    } finally {
      link.close();
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { address: addressText(address), problem: error.message, elapsedMs: elapsedMs() };
  }
}

/** The leader of the quorum is caught up with itself now, by its own clock (KIP-595). */
async function clockSkewMs(session: Session): Promise<number | undefined> {
  try {
    const beforeMs = session.clock.wallMs();
    const { leaderId, currentVoters } = await describeQuorum(session.client);
    const afterMs = session.clock.wallMs();
    const leader = currentVoters.find(({ replicaId }) => replicaId === leaderId);
    const theirsMs = leader?.lastCaughtUpTimestamp ?? -1;
    return theirsMs < 0 ? undefined : theirsMs - (beforeMs + afterMs) / 2;
  } catch (error) {
    if (error instanceof BrokerError || error instanceof UnsupportedApiError) return undefined;
    throw error;
  }
}

async function logDirs(session: Session) {
  const brokers = await describeLogDirs(session.client, null);
  return brokers.flatMap(({ brokerId, logDirs }) =>
    logDirs.map(({ logDir, errorCode, totalBytes, usableBytes }) => ({
      broker: brokerId,
      path: logDir,
      problem: errorCode === ErrorCode.NONE ? undefined : errorMessage(errorCode),
      totalBytes,
      usableBytes,
    }))
  );
}

export const doctorCommand = buildCommand<CommonFlags, [], CommandContext>({
  func: doctor,
  parameters: { flags: commonParameters, aliases: commonAliases },
  docs: {
    brief: "Look for what is wrong between here and the cluster",
    fullDescription:
      `Look from here at what a client needs: that the addresses it is given resolve and
answer, that those which brokers advertise do so too, that all belong to one cluster, that clocks
agree, that disks have room, and that this user could run a broker.

EXAMPLES
  jocko doctor
  jocko doctor --brokers kafka1:9092,kafka2:9092 -o json

EXIT CODES
  0 nothing is wrong, or nothing but warnings  5 errors were found`,
  },
});
