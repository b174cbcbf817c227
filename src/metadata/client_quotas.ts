/** AlterClientQuotas, decided (KIP-546). Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  AlterClientQuotasRequest,
  EntityData,
  EntryData,
  OpData,
} from "../protocol/generated/alter_client_quotas_request.ts";
import type { AlterClientQuotasResponseInit } from "../protocol/generated/alter_client_quotas_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { type Decision, isRefusal, type Refusal, refuse, repeatedKeys } from "./decision.ts";
import { entityIdentity } from "./image/security_image.ts";
import type { MetadataRecordInit } from "./records.ts";

/** The parts that the entity of a quota may have. */
export const QuotaEntityType = { USER: "user", CLIENT_ID: "client-id", IP: "ip" } as const;

const ENTITY_TYPES: readonly string[] = Object.values(QuotaEntityType);

/** What can be limited. */
export const QuotaKey = {
  /** Bytes per second that are produced. */
  PRODUCER_BYTE_RATE: "producer_byte_rate",
  /** Bytes per second that are fetched. */
  CONSUMER_BYTE_RATE: "consumer_byte_rate",
  /** Percentage of the time of one thread. */
  REQUEST_PERCENTAGE: "request_percentage",
  /** Partitions per second that are created or deleted (KIP-599). */
  CONTROLLER_MUTATION_RATE: "controller_mutation_rate",
  /** Connections per second from an address (KIP-612). */
  CONNECTION_CREATION_RATE: "connection_creation_rate",
} as const;

/** The largest value of a quota of whole numbers; undefined for one that may have a fraction. */
const INTEGER_MAX_OF_KEY: ReadonlyMap<string, number | undefined> = new Map([
  [QuotaKey.PRODUCER_BYTE_RATE, 2 ** 63],
  [QuotaKey.CONSUMER_BYTE_RATE, 2 ** 63],
  [QuotaKey.REQUEST_PERCENTAGE, undefined],
  [QuotaKey.CONTROLLER_MUTATION_RATE, undefined],
  [QuotaKey.CONNECTION_CREATION_RATE, 2 ** 31 - 1],
]);
/** Clients compute values in floating point, so that a whole number may be off by a little. */
const INTEGER_TOLERANCE = 1e-6;

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const IPV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/;

/** AlterClientQuotas. Each entity succeeds or fails alone, and as a whole. */
export function alterClientQuotas(
  image: ClusterImage,
  { entries, validateOnly }: AlterClientQuotasRequest,
): Decision<AlterClientQuotasResponseInit> {
  const records: MetadataRecordInit[] = [];
  const repeated = repeatedKeys(entries.map(({ entity }) => entityIdentity(entity)));
  const results = entries.map((entry) => {
    const { entity } = entry;
    const altered = repeated.has(entityIdentity(entity))
      ? invalid("The request names the entity twice.")
      : alterEntity(image, entry);
    if (isRefusal(altered)) {
      return { errorCode: altered.errorCode, errorMessage: altered.message, entity };
    }
    if (!validateOnly) records.push(...altered);
    return { errorCode: ErrorCode.NONE, errorMessage: null, entity };
  });
  return { records, response: { throttleTimeMs: 0, entries: results } };
}

function alterEntity(
  image: ClusterImage,
  { entity, ops }: EntryData,
): MetadataRecordInit[] | Refusal {
  const problem = entityProblem(entity);
  if (problem !== undefined) return invalid(problem);
  const [repeated] = repeatedKeys(ops.map(({ key }) => key));
  if (repeated !== undefined) return invalid(`The request names the key '${repeated}' twice.`);
  const current = image.security.quotasOf(entity);
  const records: MetadataRecordInit[] = [];
  for (const op of ops) {
    const badOp = opProblem(entity, op);
    if (badOp !== undefined) return invalid(badOp);
    const { key, remove } = op;
    const value = remove ? 0 : wholeIfDue(op);
    const isChange = remove ? current.has(key) : current.get(key) !== value;
    if (isChange) {
      records.push({ type: "ClientQuotaRecord", value: { entity, key, value, remove } });
    }
  }
  return records;
}

function entityProblem(entity: readonly EntityData[]): string | undefined {
  if (entity.length === 0) return "The entity is empty.";
  const types = entity.map(({ entityType }) => entityType);
  const [repeated] = repeatedKeys(types);
  if (repeated !== undefined) return `The entity has two parts of the type '${repeated}'.`;
  for (const { entityType, entityName } of entity) {
    if (!ENTITY_TYPES.includes(entityType)) return `There is no entity type '${entityType}'.`;
    if (entityName === "") return `The ${entityType} is empty.`;
    if (entityType !== QuotaEntityType.IP) continue;
    if (entity.length > 1) return "An ip can't be combined with anything.";
    if (entityName !== null && !IPV4.test(entityName) && !IPV6.test(entityName)) {
      return `'${entityName}' is no IP address.`;
    }
  }
  return undefined;
}

function opProblem(entity: readonly EntityData[], op: OpData): string | undefined {
  const { key, value, remove } = op;
  const isIp = entity[0]!.entityType === QuotaEntityType.IP;
  const isIpKey = key === QuotaKey.CONNECTION_CREATION_RATE;
  if (!INTEGER_MAX_OF_KEY.has(key) || isIp !== isIpKey) {
    return `There is no quota '${key}' for such an entity.`;
  }
  if (remove) return undefined;
  if (!(value > 0) || value === Infinity) {
    return `The quota '${key}' must be greater than 0, not ${value}.`;
  }
  const integerMax = INTEGER_MAX_OF_KEY.get(key);
  if (integerMax === undefined) return undefined;
  const rounded = wholeIfDue(op);
  if (Math.abs(rounded - value) > INTEGER_TOLERANCE || rounded === 0) {
    return `The quota '${key}' must be a whole number, not ${value}.`;
  }
  return rounded > integerMax ? `The quota '${key}' is too large: ${value}.` : undefined;
}

function wholeIfDue({ key, value }: OpData): number {
  return INTEGER_MAX_OF_KEY.get(key) === undefined ? value : Math.round(value);
}

function invalid(message: string): Refusal {
  return refuse(ErrorCode.INVALID_REQUEST, message);
}
