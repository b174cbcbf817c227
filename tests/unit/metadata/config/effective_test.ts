import assert from "node:assert/strict";
import {
  type BrokerConfigLayers,
  canonicalBrokerConfigs,
  ConfigSource,
  DEFAULT_LAYERS,
  effectiveBrokerConfig,
  effectiveTopicConfig,
  effectiveTopicList,
  effectiveTopicNumber,
} from "../../../../src/metadata/config/effective.ts";
import { BROKER_CONFIG_OF } from "../../../../src/metadata/config/broker_configs.ts";
import { TOPIC_CONFIG_OF } from "../../../../src/metadata/config/topic_configs.ts";

const NONE = new Map<string, string>();

function layers(settings: Partial<BrokerConfigLayers>): BrokerConfigLayers {
  return { ...DEFAULT_LAYERS, ...settings };
}

/** Value and source of retention.ms, then its synonyms, one line each. */
function retention(overrides: ReadonlyMap<string, string>, settings: BrokerConfigLayers): string {
  const found = effectiveTopicConfig(TOPIC_CONFIG_OF.get("retention.ms")!, overrides, settings);
  const synonyms = found.synonyms.map(({ name, value, source }) => `${source} ${name}=${value}`);
  return [`${found.source} ${found.value}`, ...synonyms].join("\n");
}

Deno.test("effectiveTopicConfig() lists synonyms from the most to the least specific", () => {
  const settings = layers({
    dynamicBroker: new Map([["log.retention.ms", "3"]]),
    dynamicDefault: new Map([["log.retention.ms", "4"]]),
    static: new Map([["log.retention.hours", "2"], ["log.retention.minutes", "5"]]),
  });
  assert.equal(
    retention(new Map([["retention.ms", "1"]]), settings),
    [
      `${ConfigSource.TOPIC} 1`,
      `${ConfigSource.TOPIC} retention.ms=1`,
      `${ConfigSource.DYNAMIC_BROKER} log.retention.ms=3`,
      `${ConfigSource.DYNAMIC_DEFAULT_BROKER} log.retention.ms=4`,
      `${ConfigSource.STATIC_BROKER} log.retention.minutes=5`,
      `${ConfigSource.STATIC_BROKER} log.retention.hours=2`,
      `${ConfigSource.DEFAULT} log.retention.hours=168`,
    ].join("\n"),
  );
});

Deno.test("effectiveTopicConfig() takes minutes and hours for milliseconds", () => {
  const first = (name: string, value: string) =>
    retention(NONE, layers({ static: new Map([[name, value]]) })).split("\n")[0];
  assert.equal(first("log.retention.minutes", "5"), `${ConfigSource.STATIC_BROKER} 300000`);
  assert.equal(first("log.retention.hours", "2"), `${ConfigSource.STATIC_BROKER} 7200000`);
  assert.equal(first("log.retention.hours", "-1"), `${ConfigSource.STATIC_BROKER} -1`);
  assert.equal(
    retention(NONE, DEFAULT_LAYERS),
    `${ConfigSource.DEFAULT} 604800000\n${ConfigSource.DEFAULT} log.retention.hours=168`,
  );
});

Deno.test("effectiveTopicNumber() takes the strongest layer, and 2^63 for no limit", () => {
  assert.equal(effectiveTopicNumber("flush.messages", undefined, DEFAULT_LAYERS), 2 ** 63);
  const settings = layers({
    dynamicDefault: new Map([["log.flush.interval.messages", "7"]]),
    static: new Map([["log.flush.interval.messages", "8"]]),
  });
  assert.equal(effectiveTopicNumber("flush.messages", undefined, settings), 7);
  const overrides = new Map([["flush.messages", "1"]]);
  assert.equal(effectiveTopicNumber("flush.messages", overrides, settings), 1);
});

Deno.test("effectiveTopicList() splits, and is empty for an empty text", () => {
  const overrides = new Map([["cleanup.policy", "compact,delete"]]);
  assert.deepEqual(effectiveTopicList("cleanup.policy", overrides, DEFAULT_LAYERS), [
    "compact",
    "delete",
  ]);
  const empty = new Map([["cleanup.policy", ""]]);
  assert.deepEqual(effectiveTopicList("cleanup.policy", empty, DEFAULT_LAYERS), []);
});

Deno.test("effectiveBrokerConfig() falls back to the default, which may be none", () => {
  const rack = BROKER_CONFIG_OF.get("broker.rack")!;
  assert.deepEqual(effectiveBrokerConfig(rack, DEFAULT_LAYERS), {
    definition: rack,
    value: null,
    source: ConfigSource.DEFAULT,
    synonyms: [],
  });
  const set = effectiveBrokerConfig(rack, layers({ static: new Map([["broker.rack", "a"]]) }));
  assert.equal(set.value, "a");
  assert.equal(set.source, ConfigSource.STATIC_BROKER);
});

Deno.test("canonicalBrokerConfigs() spells values alike and drops what it can't read", () => {
  const canonical = canonicalBrokerConfigs([
    ["log.preallocate", " TRUE "],
    ["log.retention.ms", "+5"],
    ["no.such.key", "1"],
    ["log.segment.bytes", "many"],
  ]);
  assert.deepEqual([...canonical], [["log.preallocate", "true"], ["log.retention.ms", "5"]]);
});
