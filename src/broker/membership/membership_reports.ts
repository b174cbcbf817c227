/** What the operator hears of the membership. */
import type { Logger } from "../../base/logger.ts";
import { isPresent, type Member } from "../../gossip/member.ts";
import { addressText } from "../../client/errors.ts";
import type { Clock } from "../../io/clock.ts";
import type { SocketAddress } from "../../io/network.ts";

/** From one warning to the next that says the same. */
const REPEAT_MS = 60_000;
/** Different warnings that are told apart; beyond, the one given longest ago is forgotten. */
const WARNINGS_MAX = 1024;

/** Writes events: each change once, and a trouble that lasts once a minute. */
export class MembershipReports {
  /** When what was warned of last, the longest ago first. */
  readonly #warnedMs = new Map<string, number>();

  constructor(private readonly logger: Logger, private readonly clock: Clock) {}

  changed(member: Member, previous: Member | undefined): void {
    const fields = { member: member.name, address: addressText(member.address) };
    const wasPresent = previous !== undefined && isPresent(previous);
    if (member.state === "failed" && wasPresent) this.logger.warn("member failed", fields);
    else if (member.state === "left" && wasPresent) this.logger.info("member left", fields);
    else if (isPresent(member) && !wasPresent) this.logger.info("member joined", fields);
    else this.logger.debug("member changed", { ...fields, state: member.state });
  }

  unreachable(address: SocketAddress, error: unknown): void {
    const at = addressText(address);
    const problem = error instanceof Error ? error.message : String(error);
    this.#warn(`unreachable ${at}`, "member can't be reached", { address: at, error: problem });
  }

  answered(address: SocketAddress): void {
    this.#warnedMs.delete(`unreachable ${addressText(address)}`);
  }

  packetsLost(member: Member): void {
    const at = addressText(member.address);
    this.#warn(`lost ${at}`, "member is reached by streams and not by packets", { address: at });
  }

  conflict(address: SocketAddress): void {
    const at = addressText(address);
    this.#warn(`conflict ${at}`, "another process takes part under the name of this broker", {
      address: at,
    });
  }

  #warn(key: string, event: string, fields: Record<string, unknown>): void {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - (this.#warnedMs.get(key) ?? -Infinity) < REPEAT_MS) return;
    this.#warnedMs.delete(key);
    this.#warnedMs.set(key, nowMs);
    this.logger.warn(event, fields);
    if (this.#warnedMs.size <= WARNINGS_MAX) return;
    for (const oldest of this.#warnedMs.keys()) {
      this.#warnedMs.delete(oldest);
      return;
    }
  }
}
