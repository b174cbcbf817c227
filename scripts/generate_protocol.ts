// deno-lint-ignore-file no-console -- a command-line tool: what it prints is its result
/**
 * Writes `src/protocol/generated` from the schemas in `src/protocol/schema`.
 *
 *     deno run -A scripts/generate_protocol.ts [--check]
 *
 * With `--check` nothing is written; the exit code is 1 when what stands there differs.
 */
import { API_SCHEMAS, MESSAGE_SCHEMAS } from "../src/protocol/schema/all_schemas.ts";
import { CLUSTER_API_SCHEMAS } from "../src/protocol/schema/cluster/cluster_schemas.ts";
import {
  allApisModule,
  allCodecsModule,
  apiModule,
  messageModule,
  messagePath,
  type PlacedMessage,
} from "./protocol_generator/module.ts";
import { snakeCase } from "./protocol_generator/names.ts";

/** Below the output folder: messages of the private APIs, which no client sees. */
const CLUSTER_FOLDER = "cluster";
const OUTPUT = new URL("../src/protocol/generated/", import.meta.url).pathname;

/** All modules, unformatted, by their path below the output folder. */
function modules(): Map<string, string> {
  const messages: PlacedMessage[] = [
    ...API_SCHEMAS.flatMap(({ request, response }) => [request, response])
      .map((message) => ({ folder: "", message })),
    ...Object.entries(MESSAGE_SCHEMAS).flatMap(([folder, schemas]) =>
      schemas.map((message) => ({ folder, message }))
    ),
  ];
  const privateMessages = CLUSTER_API_SCHEMAS
    .flatMap(({ request, response }) => [request, response])
    .map((message) => ({ folder: CLUSTER_FOLDER, message }));
  const files = new Map<string, string>();
  for (const placed of privateMessages) files.set(messagePath(placed), messageModule(placed));
  for (const api of CLUSTER_API_SCHEMAS) {
    files.set(`apis/cluster/${snakeCase(api.name)}.ts`, apiModule(api, CLUSTER_FOLDER));
  }
  for (const placed of messages) files.set(messagePath(placed), messageModule(placed));
  for (const api of API_SCHEMAS) files.set(`apis/${snakeCase(api.name)}.ts`, apiModule(api));
  files.set("all_apis.ts", allApisModule(API_SCHEMAS));
  files.set("all_codecs.ts", allCodecsModule(messages));
  return files;
}

/** The same modules as `deno fmt` lays them out. */
async function formatted(files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "jocko-protocol-" });
  try {
    for (const [path, text] of files) {
      const file = `${folder}/${path}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, text);
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", "--no-config", "--line-width", "100", folder],
      env: { DENO_NO_UPDATE_CHECK: "1" },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await readFolder(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The text of every TypeScript file below `folder`, by its path relative to it. */
async function readFolder(folder: string, prefix = ""): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      for (const [name, text] of await readFolder(path, `${prefix}${entry.name}/`)) {
        files.set(name, text);
      }
    } else if (entry.name.endsWith(".ts")) {
      files.set(`${prefix}${entry.name}`, await Deno.readTextFile(path));
    }
  }
  return files;
}

async function main(check: boolean): Promise<number> {
  await Deno.mkdir(OUTPUT, { recursive: true });
  const wanted = await formatted(modules());
  const found = await readFolder(OUTPUT.replace(/\/$/, ""));
  const changed = [...wanted].filter(([path, text]) => found.get(path) !== text)
    .map(([path]) => path);
  const stale = [...found.keys()].filter((path) => !wanted.has(path));
  if (check) {
    for (const path of changed) console.error(`differs from its schema: ${path}`);
    for (const path of stale) console.error(`has no schema: ${path}`);
    return changed.length + stale.length === 0 ? 0 : 1;
  }
  for (const path of changed) {
    const file = OUTPUT + path;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, wanted.get(path)!);
  }
  for (const path of stale) await Deno.remove(OUTPUT + path);
  console.log(`${wanted.size} modules, ${changed.length} written, ${stale.length} removed`);
  return 0;
}

Deno.exit(await main(Deno.args.includes("--check")));
