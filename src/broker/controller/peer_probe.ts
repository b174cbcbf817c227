import { ConnectError } from "../../client/errors.ts";

/** Finds out whether a broker's process is gone. */
export interface BrokerProbe {
  /**
   * True when the machine of the broker says that nobody listens on its cluster port; false when
   * somebody does, or nothing can be said.
   */
  isRefused(brokerId: number): Promise<boolean>;
}

/** Opens connections to the cluster ports of other brokers. */
export interface PeerDialer {
  dial(brokerId: number): Promise<{ close(): void }>;
}

/** Asks the machine of a broker, by dialling its cluster port. */
export class PeerProbe implements BrokerProbe {
  constructor(private readonly dialer: PeerDialer) {}

  async isRefused(brokerId: number): Promise<boolean> {
    try {
      (await this.dialer.dial(brokerId)).close();
      return false;
    } catch (error) {
      return error instanceof ConnectError && error.reason === "refused";
    }
  }
}

/** For a broker that knows no others. */
export const NO_PROBE: BrokerProbe = { isRefused: () => Promise.resolve(false) };
