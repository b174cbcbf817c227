import { camelCase } from "../protocol_generator/names.ts";

/** A field as Kafka's schema files write it. */
export interface JsonField {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean | null;
  readonly ignorable?: boolean;
  readonly mapKey?: boolean;
  readonly flexibleVersions?: string;
  readonly fields?: readonly JsonField[];
}

/** A message as Kafka's schema files write it. */
export interface JsonMessage {
  readonly name: string;
  readonly type: string;
  readonly apiKey?: number;
  /** "none" for an API that was removed. */
  readonly validVersions: string;
  readonly flexibleVersions?: string;
  readonly latestVersionUnstable?: boolean;
  readonly fields: readonly JsonField[];
  readonly commonStructs?: readonly {
    readonly name: string;
    readonly versions: string;
    readonly fields: readonly JsonField[];
  }[];
}

/** Parses JSON in which whole lines may be `//` comments. */
export function parseKafkaJson(text: string): JsonMessage {
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, "")) as JsonMessage;
}

/** Every schema below `folder`, removed APIs left out, by name. */
export async function readKafkaSchemas(folder: string): Promise<Map<string, JsonMessage>> {
  const messages = new Map<string, JsonMessage>();
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      for (const [name, message] of await readKafkaSchemas(path)) messages.set(name, message);
    } else if (entry.name.endsWith(".json")) {
      const message = parseKafkaJson(await Deno.readTextFile(path));
      if (message.validVersions !== "none") messages.set(message.name, message);
    }
  }
  return messages;
}

/** `TopicId` as `topicId`: how our schemas spell the name of a field. */
export function fieldName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** `coordinator-key` as `coordinatorKey`: how our schemas spell the kind of a message. */
export function kindName(type: string): string {
  return camelCase(type.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
}
