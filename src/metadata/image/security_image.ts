/** Client quotas, SCRAM credentials and access control entries. */
import type { Uuid } from "../../base/uuid.ts";
import type { AccessControlEntryRecord } from "../../protocol/generated/metadata/access_control_entry_record.ts";
import type { ClientQuotaRecord } from "../../protocol/generated/metadata/client_quota_record.ts";
import type { RemoveUserScramCredentialRecord } from "../../protocol/generated/metadata/remove_user_scram_credential_record.ts";
import type { UserScramCredentialRecord } from "../../protocol/generated/metadata/user_scram_credential_record.ts";
import type { MetadataRecordInit } from "../records.ts";

/** Who a quota is for: a user, a client id, an address, or several at once; null is the default. */
export type QuotaEntity = ClientQuotaRecord["entity"];

/** The quotas of one entity, by key such as `producer_byte_rate`. */
export interface EntityQuotas {
  readonly entity: QuotaEntity;
  readonly quotas: ReadonlyMap<string, number>;
}

const NO_QUOTAS: ReadonlyMap<string, number> = new Map();

/** What limits and identifies clients. Changes by replay alone. */
export class SecurityImage {
  private readonly quotasOfEntity = new Map<
    string,
    { readonly entity: QuotaEntity; readonly quotas: Map<string, number> }
  >();
  private readonly credentialsOfUser = new Map<string, Map<number, UserScramCredentialRecord>>();
  private readonly entryOfId = new Map<Uuid, AccessControlEntryRecord>();

  quotas(): Iterable<EntityQuotas> {
    return this.quotasOfEntity.values();
  }

  /** The quotas of exactly this entity. */
  quotasOf(entity: QuotaEntity): ReadonlyMap<string, number> {
    return this.quotasOfEntity.get(entityIdentity(entity))?.quotas ?? NO_QUOTAS;
  }

  /** @param mechanism 1 SCRAM-SHA-256, 2 SCRAM-SHA-512 */
  scramCredential(user: string, mechanism: number): UserScramCredentialRecord | undefined {
    return this.credentialsOfUser.get(user)?.get(mechanism);
  }

  scramUsers(): Iterable<string> {
    return this.credentialsOfUser.keys();
  }

  accessControlEntries(): Iterable<AccessControlEntryRecord> {
    return this.entryOfId.values();
  }

  replayQuota({ entity, key, value, remove }: ClientQuotaRecord): void {
    const identity = entityIdentity(entity);
    const found = this.quotasOfEntity.get(identity);
    if (remove) {
      found?.quotas.delete(key);
      if (found?.quotas.size === 0) this.quotasOfEntity.delete(identity);
    } else if (found === undefined) {
      this.quotasOfEntity.set(identity, { entity, quotas: new Map([[key, value]]) });
    } else {
      found.quotas.set(key, value);
    }
  }

  replayCredential(record: UserScramCredentialRecord): void {
    const credentials = this.credentialsOfUser.get(record.name);
    if (credentials === undefined) {
      this.credentialsOfUser.set(record.name, new Map([[record.mechanism, record]]));
    } else {
      credentials.set(record.mechanism, record);
    }
  }

  replayCredentialRemoved({ name, mechanism }: RemoveUserScramCredentialRecord): void {
    const credentials = this.credentialsOfUser.get(name);
    credentials?.delete(mechanism);
    if (credentials?.size === 0) this.credentialsOfUser.delete(name);
  }

  replayEntry(record: AccessControlEntryRecord): void {
    this.entryOfId.set(record.id, record);
  }

  replayEntryRemoved(id: Uuid): void {
    this.entryOfId.delete(id);
  }

  /** Appends the records that make this image. */
  writeTo(records: MetadataRecordInit[]): void {
    for (const { entity, quotas } of this.quotasOfEntity.values()) {
      for (const [key, value] of quotas) {
        records.push({ type: "ClientQuotaRecord", value: { entity, key, value, remove: false } });
      }
    }
    for (const credentials of this.credentialsOfUser.values()) {
      for (const value of credentials.values()) {
        records.push({ type: "UserScramCredentialRecord", value });
      }
    }
    for (const value of this.entryOfId.values()) {
      records.push({ type: "AccessControlEntryRecord", value });
    }
  }
}

/** The same for the same entity, whatever the order of its parts. */
export function entityIdentity(entity: QuotaEntity): string {
  return JSON.stringify(
    entity.map(({ entityType, entityName }) => [entityType, entityName]).sort(),
  );
}
