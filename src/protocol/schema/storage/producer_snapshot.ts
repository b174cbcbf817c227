import { arrayOf, int16, int32, int64, message, uint32 } from "../dsl.ts";

/** ProducerSnapshot. */
export const producerSnapshotSchema = message("data", "ProducerSnapshot", {
  versions: "1",
  fields: {
    crc: uint32("1"),
    producerEntries: arrayOf("ProducerEntry", "1", {
      fields: {
        producerId: int64("1"),
        epoch: int16("1"),
        lastSequence: int32("1"),
        lastOffset: int64("1"),
        offsetDelta: int32("1"),
        timestamp: int64("1"),
        coordinatorEpoch: int32("1"),
        currentTxnFirstOffset: int64("1"),
      },
    }),
  },
});
