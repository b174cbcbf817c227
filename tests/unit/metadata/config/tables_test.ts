import assert from "node:assert/strict";
import {
  BROKER_CONFIG_OF,
  BROKER_CONFIGS,
  DESCRIBED_BROKER_CONFIGS,
} from "../../../../src/metadata/config/broker_configs.ts";
import { DEFAULT_LAYERS, effectiveTopicText } from "../../../../src/metadata/config/effective.ts";
import {
  CLIENT_METRICS_CONFIGS,
  GROUP_CONFIGS,
} from "../../../../src/metadata/config/group_configs.ts";
import { parseConfigValue } from "../../../../src/metadata/config/parse.ts";
import { TOPIC_CONFIGS } from "../../../../src/metadata/config/topic_configs.ts";

const TABLES = {
  BROKER_CONFIGS,
  TOPIC_CONFIGS,
  GROUP_CONFIGS,
  CLIENT_METRICS_CONFIGS,
};

for (const [name, definitions] of Object.entries(TABLES)) {
  Deno.test(`${name} names each key once, in order, with a default that is allowed`, () => {
    const names = definitions.map((definition) => definition.name);
    assert.deepEqual(names, [...new Set(names)].sort());
    for (const definition of definitions) {
      const { defaultValue, documentation } = definition;
      assert.match(documentation, /\.$/, definition.name);
      if (defaultValue === null) continue;
      const parsed = parseConfigValue(definition, defaultValue);
      assert.ok(parsed.ok && parsed.text === defaultValue, definition.name);
    }
  });
}

Deno.test("BROKER_CONFIGS has all of Kafka 4.2 and what older files may hold", () => {
  // 341 keys of Kafka 4.2.1, two throttles that it takes at run time alone, http.listener, auto.replication.growth.enable, those of peers.ts, 11 of
  // storage_budgets.ts, and 42 that 4.0 dropped.
  assert.equal(BROKER_CONFIGS.length, 341 + 2 + 9 + 11 + 42);
  assert.equal(DESCRIBED_BROKER_CONFIGS.some(({ internal }) => internal === true), false);
  assert.equal(DESCRIBED_BROKER_CONFIGS.some(({ name }) => name === "zookeeper.connect"), false);
});

Deno.test("TOPIC_CONFIGS have synonyms among the broker keys with the same default", () => {
  for (const { name, synonyms, defaultValue } of TOPIC_CONFIGS) {
    const defaults = synonyms.flatMap(({ name: synonym, factor }) => {
      const definition = BROKER_CONFIG_OF.get(synonym);
      assert.ok(definition !== undefined, synonym);
      const text = definition.defaultValue;
      return text === null ? [] : [factor === 1 ? text : String(Number(text) * factor)];
    });
    if (synonyms.length > 0) assert.equal(defaults[0], defaultValue, name);
    assert.equal(effectiveTopicText(name, undefined, DEFAULT_LAYERS), defaultValue);
  }
});
