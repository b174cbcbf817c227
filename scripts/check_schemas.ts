// deno-lint-ignore-file no-console -- a command-line tool: what it prints is its result
/**
 * Compares the schemas in `src/protocol/schema` with Kafka's own, field by field. The private APIs
 * in its folder `cluster` have no counterpart and are left out.
 *
 *     deno run -A scripts/check_schemas.ts DIRECTORY
 *
 * DIRECTORY holds Kafka's schema files (`*Request.json` and so on), also in subfolders, as they
 * stand in Kafka's source tree below `clients/src/main/resources/common/message` and in the
 * `resources` of its coordinators, metadata, raft and storage. The exit code is 1 when anything
 * differs.
 */
import { API_SCHEMAS, MESSAGE_SCHEMAS } from "../src/protocol/schema/all_schemas.ts";
import { compareMessages } from "./schema_check/compare.ts";
import { readKafkaSchemas } from "./schema_check/kafka_json.ts";

async function main(directory: string | undefined): Promise<number> {
  if (directory === undefined) {
    console.error("usage: check_schemas.ts DIRECTORY");
    return 2;
  }
  const ours = [
    ...API_SCHEMAS.flatMap(({ request, response }) => [request, response]),
    ...Object.values(MESSAGE_SCHEMAS).flat(),
  ];
  const { differences, messages, fields } = compareMessages(
    ours,
    await readKafkaSchemas(directory),
  );
  for (const difference of differences) console.log(difference);
  console.log(
    `${messages} messages and ${fields} fields compared, ${differences.length} differences`,
  );
  return differences.length === 0 ? 0 : 1;
}

Deno.exit(await main(Deno.args[0]));
