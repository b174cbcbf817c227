import {
  BrokerError,
  ConnectError,
  ConnectionClosedError,
  NoBrokerError,
  RequestTimeoutError,
  UnsupportedApiError,
} from "../../client/errors.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { ContextFileError } from "../contexts/context_file.ts";
import { ExitCode } from "../exit_codes.ts";

/** The command line asks for something that can't be; nothing was done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A failure that the command itself found, with what may be done about it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    readonly advice?: string,
  ) {
    super(message);
  }
}

/** What is told of a failure. */
export interface FailureReport {
  readonly exitCode: ExitCode;
  readonly message: string;
  /** What to do about it; undefined where nothing is known to help. */
  readonly advice: string | undefined;
}

const NOT_FOUND: ReadonlySet<number> = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
  ErrorCode.RESOURCE_NOT_FOUND,
]);

const ADVICE_OF_CODE: Readonly<Record<number, string>> = {
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]: "jocko topic list shows the topics that there are",
  [ErrorCode.GROUP_ID_NOT_FOUND]: "jocko group list shows the groups that there are",
  [ErrorCode.TOPIC_ALREADY_EXISTS]: "jocko topic alter changes its settings",
  [ErrorCode.NON_EMPTY_GROUP]: "stop its members first; jocko group describe shows them",
  [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]: "stop its members first; jocko group describe shows them",
  [ErrorCode.INVALID_REPLICATION_FACTOR]: "jocko cluster members shows the brokers that are up",
  [ErrorCode.SECURITY_DISABLED]:
    "this broker authorizes everybody; access control lists need an authorizer",
  [ErrorCode.LEADER_NOT_AVAILABLE]: "jocko cluster health shows partitions without a leader",
  [ErrorCode.NOT_ENOUGH_REPLICAS]: "jocko topic describe shows which replicas are in sync",
};

const CONNECT_ADVICE = "is a broker running there? jocko broker starts one; --brokers, " +
  "JOCKO_BROKERS or jocko context use name others";

/** What to tell of `error`; undefined when it is none that a command may fail with. */
export function describeFailure(error: unknown): FailureReport | undefined {
  if (error instanceof UsageError || error instanceof SyntaxError) {
    return { exitCode: ExitCode.usage, message: error.message, advice: undefined };
  }
  if (error instanceof CommandError) {
    return { ...error, message: error.message, advice: error.advice };
  }
  if (error instanceof ContextFileError) {
    return { exitCode: ExitCode.usage, message: error.message, advice: undefined };
  }
  if (error instanceof BrokerError) {
    const exitCode = NOT_FOUND.has(error.code) ? ExitCode.notFound : ExitCode.failure;
    return { exitCode, message: error.message, advice: adviceFor(error) };
  }
  if (error instanceof NoBrokerError || error instanceof ConnectError) {
    return { exitCode: ExitCode.unreachable, message: error.message, advice: CONNECT_ADVICE };
  }
  if (error instanceof ConnectionClosedError || error instanceof RequestTimeoutError) {
    return {
      exitCode: ExitCode.unreachable,
      message: error.message,
      advice: "it may have been done or not; look before you try again",
    };
  }
  if (error instanceof UnsupportedApiError) {
    return {
      exitCode: ExitCode.failure,
      message: error.message,
      advice: "this broker can't do that",
    };
  }
  return undefined;
}

function adviceFor({ code, subject }: BrokerError): string | undefined {
  // The code means a topic or a partition; the subject tells which.
  if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && subject.startsWith("partition ")) {
    return "jocko topic describe shows the partitions that there are";
  }
  return ADVICE_OF_CODE[code];
}
