/** The settings of the group coordinator, read from the broker's configuration at start. */
export interface GroupConfig {
  /** `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number;
  /** `group.min.session.timeout.ms`. */
  readonly sessionTimeoutMsMin: number;
  /** `group.max.session.timeout.ms`. */
  readonly sessionTimeoutMsMax: number;
  /** `group.max.size`. */
  readonly groupSizeMax: number;
  /** `offset.metadata.max.bytes`. */
  readonly offsetMetadataBytesMax: number;
  /** `offsets.retention.minutes`, in milliseconds. */
  readonly offsetsRetentionMs: number;
}
