/** AlterUserScramCredentials and DescribeUserScramCredentials (KIP-554), decided. Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  AlterUserScramCredentialsRequest,
  ScramCredentialDeletion,
  ScramCredentialUpsertion,
} from "../protocol/generated/alter_user_scram_credentials_request.ts";
import type { AlterUserScramCredentialsResponseInit } from "../protocol/generated/alter_user_scram_credentials_response.ts";
import type { DescribeUserScramCredentialsRequest } from "../protocol/generated/describe_user_scram_credentials_request.ts";
import type {
  CredentialInfo,
  DescribeUserScramCredentialsResponseInit,
} from "../protocol/generated/describe_user_scram_credentials_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { type Decision, isRefusal, type Refusal, refuse, repeatedKeys } from "./decision.ts";
import type { MetadataRecordInit } from "./records.ts";

/** What a mechanism is on the wire, and the bounds on its iterations. */
interface ScramMechanism {
  readonly number: number;
  readonly hash: "SHA-256" | "SHA-512";
}

const MECHANISMS: readonly ScramMechanism[] = [
  { number: 1, hash: "SHA-256" },
  { number: 2, hash: "SHA-512" },
];
const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 16_384;

/** What the server keeps of a salted password (RFC 5802, section 3). */
export interface ScramKeys {
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** Makes {@link ScramKeys} with the hash of a mechanism. */
export type DeriveScramKeys = (
  hash: ScramMechanism["hash"],
  saltedPassword: Uint8Array,
) => ScramKeys;

/** What a request does to one user, in the order in which the user first occurs. */
interface UserChanges {
  readonly deletions: ScramCredentialDeletion[];
  readonly upsertions: ScramCredentialUpsertion[];
}

/** AlterUserScramCredentials. Each user succeeds or fails alone, and as a whole. */
export function alterScramCredentials(
  image: ClusterImage,
  request: AlterUserScramCredentialsRequest,
  deriveKeys: DeriveScramKeys,
): Decision<AlterUserScramCredentialsResponseInit> {
  const records: MetadataRecordInit[] = [];
  const results = Array.from(changesByUser(request), ([user, changes]) => {
    const altered = alterUser(image, changes, deriveKeys);
    if (isRefusal(altered)) {
      return { user, errorCode: altered.errorCode, errorMessage: altered.message };
    }
    records.push(...altered);
    return { user, errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return { records, response: { throttleTimeMs: 0, results } };
}

function changesByUser(
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
): ReadonlyMap<string, UserChanges> {
  const byUser = new Map<string, UserChanges>();
  const changesOf = (user: string): UserChanges => {
    const changes = byUser.get(user) ?? { deletions: [], upsertions: [] };
    byUser.set(user, changes);
    return changes;
  };
  for (const deletion of deletions) changesOf(deletion.name).deletions.push(deletion);
  for (const upsertion of upsertions) changesOf(upsertion.name).upsertions.push(upsertion);
  return byUser;
}

function alterUser(
  image: ClusterImage,
  { deletions, upsertions }: UserChanges,
  deriveKeys: DeriveScramKeys,
): MetadataRecordInit[] | Refusal {
  const records: MetadataRecordInit[] = [];
  for (const deletion of deletions) {
    const record = deletionRecord(image, deletion);
    if (isRefusal(record)) return record;
    records.push(record);
  }
  for (const upsertion of upsertions) {
    const record = upsertionRecord(upsertion, deriveKeys);
    if (isRefusal(record)) return record;
    records.push(record);
  }
  const mechanisms = [...deletions, ...upsertions].map(({ mechanism }) => mechanism);
  if (repeatedKeys(mechanisms).size === 0) return records;
  return refuse(
    ErrorCode.DUPLICATE_RESOURCE,
    "The request alters the same credential of the user twice.",
  );
}

function deletionRecord(
  image: ClusterImage,
  { name, mechanism }: ScramCredentialDeletion,
): MetadataRecordInit | Refusal {
  const checked = checkMechanism(name, mechanism);
  if (isRefusal(checked)) return checked;
  if (image.security.scramCredential(name, mechanism) === undefined) {
    return refuse(
      ErrorCode.RESOURCE_NOT_FOUND,
      `The user has no credential for SCRAM-${checked.hash}.`,
    );
  }
  return { type: "RemoveUserScramCredentialRecord", value: { name, mechanism } };
}

function upsertionRecord(
  upsertion: ScramCredentialUpsertion,
  deriveKeys: DeriveScramKeys,
): MetadataRecordInit | Refusal {
  const { name, mechanism, iterations, salt, saltedPassword } = upsertion;
  const checked = checkMechanism(name, mechanism);
  if (isRefusal(checked)) return checked;
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
    return unacceptable(
      `There must be ${ITERATIONS_MIN} to ${ITERATIONS_MAX} iterations, not ${iterations}.`,
    );
  }
  if (salt.length === 0) return unacceptable("The salt is empty.");
  if (saltedPassword.length === 0) return unacceptable("The salted password is empty.");
  const keys = deriveKeys(checked.hash, saltedPassword);
  return {
    type: "UserScramCredentialRecord",
    value: { name, mechanism, salt, iterations, ...keys },
  };
}

function checkMechanism(name: string, number: number): ScramMechanism | Refusal {
  if (name === "") return unacceptable("The user name is empty.");
  return MECHANISMS.find((mechanism) => mechanism.number === number) ??
    refuse(ErrorCode.UNSUPPORTED_SASL_MECHANISM, `There is no SCRAM mechanism ${number}.`);
}

function unacceptable(message: string): Refusal {
  return refuse(ErrorCode.UNACCEPTABLE_CREDENTIAL, message);
}

/** DescribeUserScramCredentials: mechanisms and iterations, no keys. No users named: all. */
export function describeScramCredentials(
  image: ClusterImage,
  { users }: DescribeUserScramCredentialsRequest,
): DescribeUserScramCredentialsResponseInit {
  const named = (users ?? []).map(({ name }) => name);
  const repeated = repeatedKeys(named);
  const asked = named.length === 0 ? image.security.scramUsers() : new Set(named);
  const results = Array.from(asked, (user) => {
    const credentialInfos = credentialsOf(image, user);
    const refusal = repeated.has(user)
      ? refuse(ErrorCode.DUPLICATE_RESOURCE, "The request names the user twice.")
      : credentialInfos.length === 0
      ? refuse(ErrorCode.RESOURCE_NOT_FOUND, "The user has no SCRAM credential.")
      : undefined;
    return {
      user,
      errorCode: refusal?.errorCode ?? ErrorCode.NONE,
      errorMessage: refusal?.message ?? null,
      credentialInfos: refusal === undefined ? credentialInfos : [],
    };
  });
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results };
}

function credentialsOf(image: ClusterImage, user: string): CredentialInfo[] {
  return MECHANISMS.flatMap(({ number: mechanism }) => {
    const credential = image.security.scramCredential(user, mechanism);
    return credential === undefined ? [] : [{ mechanism, iterations: credential.iterations }];
  });
}
