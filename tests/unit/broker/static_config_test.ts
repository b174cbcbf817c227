import assert from "node:assert/strict";
import { BrokerFixture } from "../support/broker_fixture.ts";

Deno.test("Broker.replaceStaticConfig() holds for topics without a setting of their own, from then on", async () => {
  const config = { "log.retention.ms": "1000", "log.segment.bytes": "2097152" };
  await BrokerFixture.with(async (fixture) => {
    const { broker } = fixture;
    await fixture.createTopic("t");
    await fixture.createTopic("own", 1, { "retention.ms": "5000" });
    const retentionMs = (topic: string) =>
      broker.partitions.find(topic, 0)?.topic.settings.log.retentionMs;
    const staticConfigs = broker.configContext.staticConfigs;
    assert.deepEqual([retentionMs("t"), retentionMs("own")], [1000, 5000]);

    broker.replaceStaticConfig(new Map([["log.retention.ms", "2000"]]));
    assert.deepEqual([retentionMs("t"), retentionMs("own")], [2000, 5000]);
    assert.equal(broker.brokerSetting("log.segment.bytes"), "1073741824", "the default again");
    assert.equal(broker.configContext.staticConfigs, staticConfigs, "the controller holds it");
    assert.deepEqual([...staticConfigs], [["log.retention.ms", "2000"]]);

    await fixture.createTopic("later");
    assert.equal(retentionMs("later"), 2000);
  }, { config });
});
