/** Registered brokers, as the metadata log has them. */
import { invariant } from "../../base/invariant.ts";
import type { Uuid } from "../../base/uuid.ts";
import type { BrokerRegistrationChangeRecord } from "../../protocol/generated/metadata/broker_registration_change_record.ts";
import type { RegisterBrokerRecord } from "../../protocol/generated/metadata/register_broker_record.ts";
import type { UnregisterBrokerRecord } from "../../protocol/generated/metadata/unregister_broker_record.ts";
import type { MetadataRecordInit } from "../records.ts";

/** Where a listener of a broker can be reached. */
export interface BrokerEndpoint {
  /** Name of the listener. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number;
}

/** A broker, replaced as a whole when it changes. */
export interface BrokerRegistration {
  readonly id: number;
  /** Offset of the registration in the metadata log; a newer one fences an older. */
  readonly epoch: number;
  /** Made anew at every start of the broker. */
  readonly incarnationId: Uuid;
  readonly endpoints: readonly BrokerEndpoint[];
  readonly features: readonly {
    readonly name: string;
    readonly minSupportedVersion: number;
    readonly maxSupportedVersion: number;
  }[];
  readonly rack: string | null;
  /** A fenced broker leads nothing and is not shown to clients. */
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly logDirs: readonly Uuid[];
}

/** Brokers by id. Changes by replay alone. */
export class BrokersImage {
  private readonly brokerOfId = new Map<number, BrokerRegistration>();

  byId(id: number): BrokerRegistration | undefined {
    return this.brokerOfId.get(id);
  }

  all(): Iterable<BrokerRegistration> {
    return this.brokerOfId.values();
  }

  get size(): number {
    return this.brokerOfId.size;
  }

  /** The endpoint of broker `id` on a listener; undefined when either is not there. */
  endpoint(id: number, listenerName: string): BrokerEndpoint | undefined {
    return this.brokerOfId.get(id)?.endpoints.find(({ name }) => name === listenerName);
  }

  replayRegister(record: RegisterBrokerRecord): void {
    this.brokerOfId.set(record.brokerId, {
      id: record.brokerId,
      epoch: record.brokerEpoch,
      incarnationId: record.incarnationId,
      endpoints: record.endPoints,
      features: record.features,
      rack: record.rack,
      fenced: record.fenced,
      inControlledShutdown: record.inControlledShutdown,
      logDirs: record.logDirs,
    });
  }

  replayUnregister({ brokerId, brokerEpoch }: UnregisterBrokerRecord): void {
    this.registered(brokerId, brokerEpoch);
    this.brokerOfId.delete(brokerId);
  }

  replayFenced(id: number, epoch: number, fenced: boolean): void {
    this.brokerOfId.set(id, { ...this.registered(id, epoch), fenced });
  }

  replayChange(record: BrokerRegistrationChangeRecord): void {
    const before = this.registered(record.brokerId, record.brokerEpoch);
    this.brokerOfId.set(record.brokerId, {
      ...before,
      fenced: record.fenced === 0 ? before.fenced : record.fenced > 0,
      inControlledShutdown: before.inControlledShutdown || record.inControlledShutdown > 0,
      logDirs: record.logDirs.length === 0 ? before.logDirs : record.logDirs,
    });
  }

  /** Appends the records that make this image. */
  writeTo(records: MetadataRecordInit[]): void {
    for (const { id, epoch, endpoints, ...broker } of this.brokerOfId.values()) {
      records.push({
        type: "RegisterBrokerRecord",
        value: { brokerId: id, brokerEpoch: epoch, endPoints: endpoints, ...broker },
      });
    }
  }

  private registered(id: number, epoch: number): BrokerRegistration {
    const broker = this.brokerOfId.get(id);
    invariant(broker !== undefined, `broker ${id} is not registered`);
    invariant(broker.epoch === epoch, `broker ${id} has epoch ${broker.epoch}, not ${epoch}`);
    return broker;
  }
}
