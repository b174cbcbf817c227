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

/** AlterUserScramCredentials. Each user succeeds or fails alone, and may be named once. */
export function alterScramCredentials(
  image: ClusterImage,
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
  deriveKeys: DeriveScramKeys,
): Decision<AlterUserScramCredentialsResponseInit> {
  const outcomeOf = new Map<string, MetadataRecordInit | Refusal>();
  const alter = (user: string, change: () => MetadataRecordInit | Refusal): void => {
    const before = outcomeOf.get(user);
    if (before === undefined) outcomeOf.set(user, change());
    else if (!isRefusal(before)) outcomeOf.set(user, alteredTwice());
  };
  for (const deletion of deletions) alter(deletion.name, () => deletionRecord(image, deletion));
  for (const upsertion of upsertions) {
    alter(upsertion.name, () => upsertionRecord(upsertion, deriveKeys));
  }
  const records: MetadataRecordInit[] = [];
  const results = Array.from(outcomeOf, ([user, outcome]) => {
    if (isRefusal(outcome)) {
      return { user, errorCode: outcome.errorCode, errorMessage: outcome.message };
    }
    records.push(outcome);
    return { user, errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return { records, response: { throttleTimeMs: 0, results } };
}

function alteredTwice(): Refusal {
  return refuse(ErrorCode.DUPLICATE_RESOURCE, "The request alters the user twice.");
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
