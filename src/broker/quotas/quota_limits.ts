import { QuotaEntityType } from "../../metadata/client_quotas.ts";
import type { EntityQuotas } from "../../metadata/image/security_image.ts";

/** A limit, and who counts against it together. */
export interface QuotaLimit {
  /** In the unit of the quota's key. */
  readonly value: number;
  /** The same for all requests that share the limit. */
  readonly sharedBy: string;
}

/** No name can hold it. */
const SEPARATOR = "\0";
/** Stands for every name that has no quota of its own. */
const DEFAULT = SEPARATOR + "default";
/** Stands for "the entity has no such part". */
const ABSENT = SEPARATOR + "absent";

/**
 * The limits of one quota key, such as `producer_byte_rate`. Of several that fit, the one counts
 * that Kafka takes: an entity with a user goes before one without, an exact name before the
 * default, first of the user and then of the client id.
 */
export class QuotaLimits {
  readonly #valueOf = new Map<string, number>();

  constructor(entities: Iterable<EntityQuotas>, key: string) {
    for (const { entity, quotas } of entities) {
      const value = quotas.get(key);
      if (value === undefined) continue;
      const part = (type: string): string => {
        const found = entity.find(({ entityType }) => entityType === type);
        return found === undefined ? ABSENT : found.entityName ?? DEFAULT;
      };
      const ip = part(QuotaEntityType.IP);
      const user = ip === ABSENT ? part(QuotaEntityType.USER) : ip;
      this.#valueOf.set(keyOf(user, part(QuotaEntityType.CLIENT_ID)), value);
    }
  }

  get isEmpty(): boolean {
    return this.#valueOf.size === 0;
  }

  /** What limits a client of `user` that calls itself `clientId`; undefined when nothing does. */
  ofClient(user: string, clientId: string): QuotaLimit | undefined {
    return this.#find(user, clientId, keyOf(user, clientId)) ??
      this.#find(user, DEFAULT, keyOf(user, clientId)) ??
      this.#find(user, ABSENT, keyOf(user, ABSENT)) ??
      this.#find(DEFAULT, clientId, keyOf(user, clientId)) ??
      this.#find(DEFAULT, DEFAULT, keyOf(user, clientId)) ??
      this.#find(DEFAULT, ABSENT, keyOf(user, ABSENT)) ??
      this.#find(ABSENT, clientId, keyOf(ABSENT, clientId)) ??
      this.#find(ABSENT, DEFAULT, keyOf(ABSENT, clientId));
  }

  /** What limits an address. */
  ofAddress(ip: string): QuotaLimit | undefined {
    const sharedBy = keyOf(ip, ABSENT);
    return this.#find(ip, ABSENT, sharedBy) ?? this.#find(DEFAULT, ABSENT, sharedBy);
  }

  #find(user: string, clientId: string, sharedBy: string): QuotaLimit | undefined {
    const value = this.#valueOf.get(keyOf(user, clientId));
    return value === undefined ? undefined : { value, sharedBy };
  }
}

function keyOf(user: string, clientId: string): string {
  return user + SEPARATOR + clientId;
}
