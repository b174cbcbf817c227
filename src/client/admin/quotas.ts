import { alterClientQuotasApi } from "../../protocol/generated/apis/alter_client_quotas.ts";
import { describeClientQuotasApi } from "../../protocol/generated/apis/describe_client_quotas.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { expectNoError } from "../errors.ts";

/** Whom a quota is for: by entity type (user, client-id, ip) a name, or null for the default. */
export type QuotaEntity = ReadonlyMap<string, string | null>;

/** The quotas of one entity. */
export interface EntityQuotas {
  readonly entity: QuotaEntity;
  readonly quotas: ReadonlyMap<string, number>;
}

const EXACTLY = 0;
const DEFAULT = 1;

/** Quotas that apply to exactly these entities; all that there are when none is named. */
export async function describeQuotas(
  client: ClusterClient,
  entity: QuotaEntity,
): Promise<EntityQuotas[]> {
  const response = await client.call({ to: "any" }, describeClientQuotasApi, {
    components: [...entity].map(([entityType, name]) => ({
      entityType,
      matchType: name === null ? DEFAULT : EXACTLY,
      match: name,
    })),
    strict: false,
  }, { check: ({ errorCode, errorMessage }) => expectNoError(errorCode, "quotas", errorMessage) });
  return (response.entries ?? []).map(({ entity, values }) => ({
    entity: new Map(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    quotas: new Map(values.map(({ key, value }) => [key, value])),
  }));
}

/**
 * Changes quotas of one entity; undefined takes a quota away.
 * @throws {BrokerError}
 */
export async function alterQuotas(
  client: ClusterClient,
  entity: QuotaEntity,
  changes: ReadonlyMap<string, number | undefined>,
  validateOnly = false,
): Promise<void> {
  await client.call({ to: "controller" }, alterClientQuotasApi, {
    entries: [{
      entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
      ops: [...changes].map(([key, value]) => ({
        key,
        value: value ?? 0,
        remove: value === undefined,
      })),
    }],
    validateOnly,
  }, {
    check: ({ entries }) => {
      const code = entries[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, "quota", entries[0]?.errorMessage);
    },
  });
}
