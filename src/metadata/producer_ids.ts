/** Blocks of producer ids: each is given to one broker, and none is given twice. Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type { AllocateProducerIdsResponseInit } from "../protocol/generated/allocate_producer_ids_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import type { Decision } from "./decision.ts";

/** Ids per block, as in Kafka. */
export const PRODUCER_ID_BLOCK_SIZE = 1000;

/** Gives the next block to a broker that is registered with this epoch. */
export function allocateProducerIds(
  image: ClusterImage,
  { brokerId, brokerEpoch }: { readonly brokerId: number; readonly brokerEpoch: number },
): Decision<AllocateProducerIdsResponseInit> {
  const broker = image.brokers.byId(brokerId);
  if (broker === undefined) return refused(ErrorCode.BROKER_ID_NOT_REGISTERED);
  if (broker.epoch !== brokerEpoch) return refused(ErrorCode.STALE_BROKER_EPOCH);
  const producerIdStart = image.nextProducerId;
  return {
    records: [{
      type: "ProducerIdsRecord",
      value: { brokerId, brokerEpoch, nextProducerId: producerIdStart + PRODUCER_ID_BLOCK_SIZE },
    }],
    response: {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      producerIdStart,
      producerIdLen: PRODUCER_ID_BLOCK_SIZE,
    },
  };
}

function refused(errorCode: number): Decision<AllocateProducerIdsResponseInit> {
  const response = { throttleTimeMs: 0, errorCode, producerIdStart: 0, producerIdLen: 0 };
  return { records: [], response };
}
