import type { VersionRange } from "../../src/protocol/codec.ts";
import {
  type DefaultValue,
  type FieldSchema,
  type MessageSchema,
  OPEN_END,
} from "../../src/protocol/schema/model.ts";
import { fieldName, type JsonField, type JsonMessage, kindName } from "./kafka_json.ts";

/** Tagged fields from this tag on are our own. */
const PRIVATE_TAGS_FROM = 10_000;

/** What came of a comparison. */
export interface Findings {
  readonly differences: string[];
  messages: number;
  fields: number;
}

/** Compares all messages of ours with all of theirs, both ways. */
export function compareMessages(
  ours: readonly MessageSchema[],
  theirs: ReadonlyMap<string, JsonMessage>,
): Findings {
  const findings: Findings = { differences: [], messages: 0, fields: 0 };
  const names = new Set(ours.map((message) => message.name));
  for (const name of theirs.keys()) {
    if (!names.has(name)) findings.differences.push(`${name}: we have no schema`);
  }
  for (const message of ours) {
    const json = theirs.get(message.name);
    if (json === undefined) findings.differences.push(`${message.name}: theirs has no schema`);
    else compareMessage(message, json, findings);
  }
  return findings;
}

function compareMessage(message: MessageSchema, json: JsonMessage, findings: Findings): void {
  findings.messages++;
  const differs = reporter(message.name, findings);
  const flexible = json.flexibleVersions ?? "none";
  const flexibleFrom = message.flexibleFrom;
  differs("kind", message.kind, kindName(json.type));
  differs("apiKey", message.apiKey, json.apiKey);
  differs("valid versions", rangeText(message.versions), normal(json.validVersions));
  differs("flexible", flexibleFrom === undefined ? "none" : `${flexibleFrom}+`, flexible);
  differs("unstable", message.latestVersionUnstable, json.latestVersionUnstable === true);
  for (const common of json.commonStructs ?? []) {
    differs(`versions of ${common.name}`, "0+", common.versions);
  }
  compareFields(message.name, message.fields, json.fields, json, findings);
}

function compareFields(
  owner: string,
  ours: readonly FieldSchema[],
  theirs: readonly JsonField[],
  message: JsonMessage,
  findings: Findings,
): void {
  const differs = reporter(owner, findings);
  const shared = ours.filter(({ tag }) => tag === undefined || tag < PRIVATE_TAGS_FROM);
  differs(
    "fields in order",
    shared.map((field) => field.name).join(" "),
    theirs.map((field) => fieldName(field.name)).join(" "),
  );
  for (const field of shared) {
    const json = theirs.find((candidate) => fieldName(candidate.name) === field.name);
    if (json !== undefined) compareField(`${owner}.${field.name}`, field, json, message, findings);
  }
}

function compareField(
  path: string,
  field: FieldSchema,
  json: JsonField,
  message: JsonMessage,
  findings: Findings,
): void {
  findings.fields++;
  const differs = reporter(path, findings);
  const typeName = typeof field.type === "string" ? field.type : field.type.name;
  const { tag } = field;
  differs("type", field.isArray ? `[]${typeName}` : typeName, json.type);
  // A field that gives only the versions in which it is tagged has no others.
  differs("versions", rangeText(field.versions), normal(json.versions ?? json.taggedVersions));
  differs("nullable versions", rangeText(field.nullable), normal(json.nullableVersions));
  differs("tagged versions", rangeText(field.tagged), normal(json.taggedVersions));
  differs("tag", tag, json.tag);
  differs("default", defaultText(field.default), jsonDefaultText(json));
  differs("ignorable", field.ignorable, json.ignorable === true);
  differs("mapKey", field.mapKey, json.mapKey === true);
  differs("flexible", field.flexible, json.flexibleVersions !== "none");
  if (typeof field.type === "string") return;
  const common = message.commonStructs?.find((struct) => struct.name === typeName);
  const fields = json.fields ?? common?.fields;
  if (fields === undefined) findings.differences.push(`${path}: theirs has no struct ${typeName}`);
  else compareFields(path, field.type.fields, fields, message, findings);
}

type Fact = string | number | boolean | undefined;

function reporter(path: string, findings: Findings) {
  return (what: string, ours: Fact, theirs: Fact): void => {
    if (ours !== theirs) {
      findings.differences.push(`${path}: ${what} is ${ours}, theirs is ${theirs}`);
    }
  };
}

function rangeText(range: VersionRange | undefined): string {
  if (range === undefined) return "none";
  if (range.max === OPEN_END) return `${range.min}+`;
  return range.min === range.max ? `${range.min}` : `${range.min}-${range.max}`;
}

function normal(versions: string | undefined): string {
  const match = /^(\d+)-(\d+)$/.exec(versions ?? "none");
  return match !== null && match[1] === match[2] ? match[1]! : versions ?? "none";
}

function defaultText(value: DefaultValue | undefined): string {
  return value === undefined ? "not given" : JSON.stringify(value);
}

/**
 * Numbers may be written as texts, also hexadecimal ones. The text "null" is null; a JSON null is
 * no default at all, and Kafka's own classes then start from an empty value.
 */
function jsonDefaultText(json: JsonField): string {
  const value = json.default;
  if (value === undefined || value === null) return "not given";
  if (value === "null") return "null";
  if (json.type === "string") return JSON.stringify(value);
  if (json.type === "bool") return String(value);
  return JSON.stringify(Number(value));
}
