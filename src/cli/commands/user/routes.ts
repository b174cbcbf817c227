/** `jocko user list|set|delete` */
import { buildCommand, buildRouteMap } from "@stricli/core";
import {
  deleteCredential,
  listUsers,
  putCredential,
  type ScramMechanismName,
} from "../../../client/admin/users.ts";
import { DenoDigests } from "../../../host/deno_digests.ts";
import type { CommandContext } from "../../command_context.ts";
import { renderTable } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import { UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  type DangerFlags,
  dangerParameters,
  parseCount,
} from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { saltedPassword } from "./salted_password.ts";

const USER = { parse: String, placeholder: "USER", brief: "Name of the user" } as const;
const MECHANISMS = ["SCRAM-SHA-256", "SCRAM-SHA-512"] as const;
const DEFAULT_MECHANISM = "SCRAM-SHA-512";
const DEFAULT_ITERATIONS = 8_192;
const SALT_BYTES = 24;
const PASSWORD_BYTES_MAX = 4_096;

const mechanismParameter = {
  kind: "enum",
  values: MECHANISMS,
  optional: true,
  brief: `The mechanism (default ${DEFAULT_MECHANISM})`,
} as const;

const list = action<CommonFlags, []>(async (session) => {
  const users = await listUsers(session.client);
  session.print({
    value: users.map((user) => ({ ...user })),
    table: (style) =>
      users.length === 0 ? "" : renderTable(
        ["USER", "MECHANISM", "ITERATIONS"],
        users.map(({ user, mechanism, iterations }) => [user, mechanism, iterations]),
        style,
      ),
  });
  if (users.length === 0) session.note("no users");
});

const listCommand = buildCommand<CommonFlags, [], CommandContext>({
  func: list,
  parameters: { flags: commonParameters, aliases: commonAliases },
  docs: {
    brief: "List users with their mechanisms",
    fullDescription: `List users that have SCRAM credentials.

EXAMPLES
  jocko user list`,
  },
});

interface SetFlags extends CommonFlags {
  readonly mechanism?: ScramMechanismName | undefined;
  readonly iterations?: number | undefined;
}

const set = action<SetFlags, [string]>(async (session, flags, user) => {
  const password = await readPassword(session);
  const mechanism = flags.mechanism ?? DEFAULT_MECHANISM;
  const iterations = flags.iterations ?? DEFAULT_ITERATIONS;
  const salt = new Uint8Array(SALT_BYTES);
  session.surroundings.random.fill(salt);
  const hash = mechanism === "SCRAM-SHA-256" ? "SHA-256" : "SHA-512";
  await putCredential(session.client, {
    user,
    mechanism,
    iterations,
    salt,
    saltedPassword: saltedPassword(new DenoDigests(), hash, password, salt, iterations),
  });
  session.print({
    value: { user, mechanism, iterations },
    table: () => `user ${user}: ${mechanism}, ${iterations} iterations\n`,
  });
});

/** The first line of standard input: a command line would show it to everybody on the machine. */
async function readPassword(session: Session): Promise<Uint8Array> {
  const input = session.surroundings.standardInput();
  if (input.isTerminal) session.process.writeError("Password (it is shown as you type): ");
  const bytes = new Uint8Array(PASSWORD_BYTES_MAX);
  let end = 0;
  while (end < bytes.length && !bytes.subarray(0, end).includes(10)) {
    const count = await input.read(bytes.subarray(end));
    if (count === 0) break;
    end += count;
  }
  const newline = bytes.indexOf(10);
  const password = bytes.subarray(0, newline >= 0 && newline < end ? newline : end);
  if (password.length === 0) throw new UsageError("no password on standard input");
  return password;
}

const setCommand = buildCommand<SetFlags, [string], CommandContext>({
  func: set,
  parameters: {
    flags: {
      mechanism: mechanismParameter,
      iterations: {
        kind: "parsed",
        parse: (text: string) => parseCount(text, 4_096),
        optional: true,
        placeholder: "N",
        brief: `How often the password is hashed (default ${DEFAULT_ITERATIONS})`,
      },
      ...commonParameters,
    },
    aliases: commonAliases,
    positional: { kind: "tuple", parameters: [USER] },
  },
  docs: {
    brief: "Make a user, or give one another password",
    fullDescription:
      `Make a user, or give one another password: the first line of standard input. What is
sent is salted and hashed; the password stays here. This version stores credentials and does not
ask clients for them yet.

EXAMPLES
  jocko user set app < password.txt
  printf secret | jocko user set app --mechanism SCRAM-SHA-256`,
  },
});

interface DeleteFlags extends CommonFlags, DangerFlags {
  readonly mechanism?: ScramMechanismName | undefined;
}

const remove = action<DeleteFlags, [string]>(async (session, flags, user) => {
  const mechanism = flags.mechanism ?? DEFAULT_MECHANISM;
  const agreed = await session.confirm(`delete the ${mechanism} credential of ${user}`, flags);
  if (agreed) await deleteCredential(session.client, user, mechanism);
  session.print({
    value: { user, mechanism, deleted: agreed },
    table: () => agreed ? `deleted the ${mechanism} credential of ${user}\n` : "",
  });
});

const deleteCommand = buildCommand<DeleteFlags, [string], CommandContext>({
  func: remove,
  parameters: {
    flags: { mechanism: mechanismParameter, ...dangerParameters, ...commonParameters },
    aliases: { ...commonAliases, y: "yes" },
    positional: { kind: "tuple", parameters: [USER] },
  },
  docs: {
    brief: "Delete a credential of a user",
    fullDescription: `Delete a credential of a user. Asks first, unless --yes is given.

EXAMPLES
  jocko user delete app --yes`,
  },
});

export const userRoutes = buildRouteMap({
  routes: { list: listCommand, set: setCommand, delete: deleteCommand },
  docs: { brief: "List, make and delete users with SCRAM credentials" },
});
