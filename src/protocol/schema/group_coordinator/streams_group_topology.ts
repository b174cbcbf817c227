import { arrayOf, int16, int32, message, shared, string } from "../dsl.ts";

/** StreamsGroupTopologyKey, record type 23. */
export const streamsGroupTopologyKeySchema = message("coordinatorKey", "StreamsGroupTopologyKey", {
  versions: "0",
  fields: {
    groupId: string("0"),
  },
}, 23);

const topicConfig = shared("TopicConfig", {
  key: string("0+"),
  value: string("0+"),
});

const topicInfo = shared("TopicInfo", {
  name: string("0+"),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: arrayOf(topicConfig, "0+"),
});

/** StreamsGroupTopologyValue, record type 23. */
export const streamsGroupTopologyValueSchema = message(
  "coordinatorValue",
  "StreamsGroupTopologyValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      epoch: int32("0+"),
      subtopologies: arrayOf("Subtopology", "0+", {
        fields: {
          subtopologyId: string("0+"),
          sourceTopics: arrayOf("string", "0+"),
          sourceTopicRegex: arrayOf("string", "0+"),
          stateChangelogTopics: arrayOf(topicInfo, "0+"),
          repartitionSinkTopics: arrayOf("string", "0+"),
          repartitionSourceTopics: arrayOf(topicInfo, "0+"),
          copartitionGroups: arrayOf("CopartitionGroup", "0+", {
            fields: {
              sourceTopics: arrayOf("int16", "0+"),
              sourceTopicRegex: arrayOf("int16", "0+"),
              repartitionSourceTopics: arrayOf("int16", "0+"),
            },
          }),
        },
      }),
    },
  },
  23,
);
