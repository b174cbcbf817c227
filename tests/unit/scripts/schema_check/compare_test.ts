import assert from "node:assert/strict";
import { compareMessages } from "../../../../scripts/schema_check/compare.ts";
import { type JsonMessage, parseKafkaJson } from "../../../../scripts/schema_check/kafka_json.ts";
import {
  arrayOf,
  int32,
  int64,
  INT64_MAX,
  message,
  string,
} from "../../../../src/protocol/schema/dsl.ts";

const OURS = message("coordinatorValue", "Example", {
  versions: "0-2",
  flexible: "1+",
  fields: {
    count: int32("0+", { default: 0x7fffffff, ignorable: true }),
    limit: int64("0+", { default: INT64_MAX }),
    name: string("1+", { tag: 0, nullable: true, default: null }),
    parts: arrayOf("Part", "0+", { fields: { index: int32("0+", { mapKey: true }) } }),
  },
}, 3);

const THEIRS = `// a comment
{
  "apiKey": 3, "type": "coordinator-value", "name": "Example",
  "validVersions": "0-2", "flexibleVersions": "1+",
  "fields": [
    // "another": {}
    { "name": "Count", "type": "int32", "versions": "0+", "default": "0x7fffffff", "ignorable": true },
    { "name": "Limit", "type": "int64", "versions": "0+", "default": "9223372036854775807" },
    { "name": "Name", "type": "string", "taggedVersions": "1+", "tag": 0,
      "nullableVersions": "1+", "default": "null" },
    { "name": "Parts", "type": "[]Part", "versions": "0+", "fields": [
      { "name": "Index", "type": "int32", "versions": "0+", "mapKey": true }
    ]}
  ]
}`;

function differences(theirs: string): string[] {
  const json = parseKafkaJson(theirs);
  return compareMessages([OURS], new Map([[json.name, json]])).differences;
}

Deno.test("compareMessages() finds nothing when both say the same in their own ways", () => {
  const json = parseKafkaJson(THEIRS);
  const findings = compareMessages([OURS], new Map([["Example", json]]));
  assert.deepEqual(findings, { differences: [], messages: 1, fields: 5 });
});

Deno.test("compareMessages() reports each fact that differs, with its place", () => {
  const changes: [from: string, to: string, found: RegExp][] = [
    ['"apiKey": 3', '"apiKey": 4', /^Example: apiKey is 3/],
    ["coordinator-value", "coordinator-key", /^Example: kind is/],
    ['"0-2"', '"0-3"', /^Example: valid versions is 0-2, theirs is 0-3/],
    ['"flexibleVersions": "1+"', '"flexibleVersions": "2+"', /^Example: flexible is 1\+/],
    ['"fields": [', '"latestVersionUnstable": true, "fields": [', /^Example: unstable/],
    ['"Limit"', '"Bound"', /^Example: fields in order/],
    ['"Limit", "type": "int64"', '"Limit", "type": "int32"', /^Example.limit: type is int64/],
    ['"int32", "versions": "0+"', '"int32", "versions": "1+"', /^Example.count: versions is 0\+/],
    ['"nullableVersions": "1+"', '"nullableVersions": "2+"', /^Example.name: nullable versions/],
    ['"tag": 0', '"tag": 1', /^Example.name: tag is 0/],
    ['"taggedVersions": "1+"', '"taggedVersions": "2+"', /^Example.name: versions/],
    ['"default": "null"', '"default": null', /^Example.name: default is null, .* not given/],
    ["0x7fffffff", "0x7ffffffe", /^Example.count: default/],
    ['"ignorable": true', '"ignorable": false', /^Example.count: ignorable/],
    ['"mapKey": true', '"mapKey": false', /^Example.parts.index: mapKey/],
    ['"[]Part"', '"[]Piece"', /^Example.parts: type is \[\]Part/],
  ];
  for (const [from, to, found] of changes) {
    assert.ok(THEIRS.includes(from), from);
    assert.match(differences(THEIRS.replace(from, to))[0] ?? "none", found);
  }
});

Deno.test("compareMessages() reports messages that only one side has", () => {
  const other: JsonMessage = { ...parseKafkaJson(THEIRS), name: "Other" };
  assert.deepEqual(compareMessages([OURS], new Map([["Other", other]])).differences, [
    "Other: we have no schema",
    "Example: theirs has no schema",
  ]);
});
