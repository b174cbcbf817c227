/** DescribeClientQuotas: which quotas there are for what a filter lets through (KIP-546). Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  ComponentData,
  DescribeClientQuotasRequest,
} from "../protocol/generated/describe_client_quotas_request.ts";
import type { DescribeClientQuotasResponseInit } from "../protocol/generated/describe_client_quotas_response.ts";
import { QuotaEntityType } from "./client_quotas.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { type Refusal, refuse, repeatedKeys } from "./decision.ts";
import type { QuotaEntity } from "./image/security_image.ts";

/** How a component matches the name of an entity, as the protocol numbers it. */
const MatchType = { EXACT: 0, DEFAULT: 1, SPECIFIED: 2 } as const;

/** The entities that have every component of the filter; a strict filter allows no other parts. */
export function describeClientQuotas(
  image: ClusterImage,
  { components, strict }: DescribeClientQuotasRequest,
): DescribeClientQuotasResponseInit {
  const refusal = checkFilter(components);
  if (refusal !== undefined) {
    const { errorCode, message: errorMessage } = refusal;
    return { throttleTimeMs: 0, errorCode, errorMessage, entries: null };
  }
  const entries = [];
  for (const { entity, quotas } of image.security.quotas()) {
    if (!matches(entity, components, strict)) continue;
    const values = Array.from(quotas, ([key, value]) => ({ key, value }));
    entries.push({ entity, values });
  }
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, entries };
}

function checkFilter(components: readonly ComponentData[]): Refusal | undefined {
  const types = components.map(({ entityType }) => entityType);
  for (const { entityType, matchType, match } of components) {
    if (!Object.values<string>(QuotaEntityType).includes(entityType)) {
      return refuse(ErrorCode.UNSUPPORTED_VERSION, `There is no entity type '${entityType}'.`);
    }
    if (matchType < MatchType.EXACT || matchType > MatchType.SPECIFIED) {
      return refuse(ErrorCode.INVALID_REQUEST, `There is no match type ${matchType}.`);
    }
    if ((matchType === MatchType.EXACT) !== (match !== null)) {
      return refuse(ErrorCode.INVALID_REQUEST, "A name goes with an exact match, and only there.");
    }
  }
  const [repeated] = repeatedKeys(types);
  if (repeated !== undefined) {
    return refuse(ErrorCode.INVALID_REQUEST, `The filter names the type '${repeated}' twice.`);
  }
  if (types.length > 1 && types.includes(QuotaEntityType.IP)) {
    return refuse(ErrorCode.INVALID_REQUEST, "An ip can't be combined with anything.");
  }
  return undefined;
}

function matches(
  entity: QuotaEntity,
  components: readonly ComponentData[],
  strict: boolean,
): boolean {
  if (strict && entity.length !== components.length) return false;
  return components.every(({ entityType, matchType, match }) => {
    const part = entity.find((candidate) => candidate.entityType === entityType);
    if (part === undefined) return false;
    return matchType === MatchType.SPECIFIED || part.entityName === match;
  });
}
