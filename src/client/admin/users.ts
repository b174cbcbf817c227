import { alterUserScramCredentialsApi } from "../../protocol/generated/apis/alter_user_scram_credentials.ts";
import { describeUserScramCredentialsApi } from "../../protocol/generated/apis/describe_user_scram_credentials.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { expectNoError } from "../errors.ts";
import { compareNames } from "./topics.ts";

/** SCRAM mechanisms by their number in the protocol (KIP-554). */
export const ScramMechanism = { "SCRAM-SHA-256": 1, "SCRAM-SHA-512": 2 } as const;
export type ScramMechanismName = keyof typeof ScramMechanism;

/** A credential, without what it is checked with. */
export interface CredentialSummary {
  readonly user: string;
  readonly mechanism: string;
  readonly iterations: number;
}

/** A credential to be stored: the password itself never leaves the client. */
export interface NewCredential {
  readonly user: string;
  readonly mechanism: ScramMechanismName;
  readonly iterations: number;
  readonly salt: Uint8Array;
  /** Hi(password, salt, iterations) of RFC 5802. */
  readonly saltedPassword: Uint8Array;
}

/** All users that have credentials, by name. */
export async function listUsers(client: ClusterClient): Promise<CredentialSummary[]> {
  const response = await client.call({ to: "any" }, describeUserScramCredentialsApi, {
    users: null,
  }, { check: ({ errorCode, errorMessage }) => expectNoError(errorCode, "users", errorMessage) });
  return response.results.flatMap(({ user, credentialInfos }) =>
    credentialInfos.map(({ mechanism, iterations }) => ({
      user,
      mechanism: mechanismName(mechanism),
      iterations,
    }))
  ).sort((a, b) => compareNames(a.user, b.user));
}

/** @throws {BrokerError} */
export async function putCredential(
  client: ClusterClient,
  { user, mechanism, iterations, salt, saltedPassword }: NewCredential,
): Promise<void> {
  const name = user;
  const number = ScramMechanism[mechanism];
  await alter(client, user, {
    deletions: [],
    upsertions: [{ name, mechanism: number, iterations, salt, saltedPassword }],
  });
}

/** @throws {BrokerError} RESOURCE_NOT_FOUND */
export async function deleteCredential(
  client: ClusterClient,
  user: string,
  mechanism: ScramMechanismName,
): Promise<void> {
  const deletions = [{ name: user, mechanism: ScramMechanism[mechanism] }];
  await alter(client, user, { deletions, upsertions: [] });
}

async function alter(
  client: ClusterClient,
  user: string,
  request: Parameters<typeof alterUserScramCredentialsApi.request.write>[1],
): Promise<void> {
  await client.call({ to: "controller" }, alterUserScramCredentialsApi, request, {
    check: ({ results }) => {
      const code = results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, `user ${user}`, results[0]?.errorMessage);
    },
  });
}

function mechanismName(number: number): string {
  const found = Object.entries(ScramMechanism).find(([, value]) => value === number);
  return found?.[0] ?? `mechanism ${number}`;
}
