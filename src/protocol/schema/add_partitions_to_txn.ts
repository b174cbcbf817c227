import { api, arrayOf, bool, int16, int32, int64, shared, string } from "./dsl.ts";

const addPartitionsToTxnTopic = shared("AddPartitionsToTxnTopic", {
  name: string("0+", { mapKey: true }),
  partitions: arrayOf("int32", "0+"),
});

const addPartitionsToTxnPartitionResult = shared("AddPartitionsToTxnPartitionResult", {
  partitionIndex: int32("0+", { mapKey: true }),
  partitionErrorCode: int16("0+"),
});

const addPartitionsToTxnTopicResult = shared("AddPartitionsToTxnTopicResult", {
  name: string("0+", { mapKey: true }),
  resultsByPartition: arrayOf(addPartitionsToTxnPartitionResult, "0+"),
});

/** AddPartitionsToTxn, API key 24. */
export const addPartitionsToTxnSchema = api(24, "AddPartitionsToTxn", {
  request: {
    versions: "0-5",
    flexible: "3+",
    fields: {
      transactions: arrayOf("AddPartitionsToTxnTransaction", "4+", {
        fields: {
          transactionalId: string("4+", { mapKey: true }),
          producerId: int64("4+"),
          producerEpoch: int16("4+"),
          verifyOnly: bool("4+", { default: false }),
          topics: arrayOf(addPartitionsToTxnTopic, "4+"),
        },
      }),
      v3AndBelowTransactionalId: string("0-3"),
      v3AndBelowProducerId: int64("0-3"),
      v3AndBelowProducerEpoch: int16("0-3"),
      v3AndBelowTopics: arrayOf(addPartitionsToTxnTopic, "0-3"),
    },
  },
  response: {
    versions: "0-5",
    flexible: "3+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("4+", { ignorable: true }),
      resultsByTransaction: arrayOf("AddPartitionsToTxnResult", "4+", {
        fields: {
          transactionalId: string("4+", { mapKey: true }),
          topicResults: arrayOf(addPartitionsToTxnTopicResult, "4+"),
        },
      }),
      resultsByTopicV3AndBelow: arrayOf(addPartitionsToTxnTopicResult, "0-3"),
    },
  },
});
