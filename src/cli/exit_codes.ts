/** What `jocko` tells the shell. */
export const ExitCode = {
  /** Done, or stopped because it was asked to. */
  ok: 0,
  /** The command was understood and failed. */
  failure: 1,
  /** The command line or the configuration was refused; nothing was started. */
  usage: 2,
  /** No broker could be reached, or none answered in time. */
  unreachable: 3,
  /** What the command names does not exist. */
  notFound: 4,
  /** A check found something that needs attention. */
  unhealthy: 5,
} as const;
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];
