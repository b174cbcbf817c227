import { arrayOf, int32, int64, int8, message } from "../dsl.ts";

/** BrokerRegistrationChangeRecord, record type 17. */
export const brokerRegistrationChangeRecordSchema = message(
  "metadata",
  "BrokerRegistrationChangeRecord",
  {
    versions: "0-2",
    flexible: "0+",
    fields: {
      brokerId: int32("0+"),
      brokerEpoch: int64("0+"),
      fenced: int8("0+", { tag: 0 }),
      inControlledShutdown: int8("1+", { tag: 1 }),
      logDirs: arrayOf("uuid", "2+", { tag: 2 }),
    },
  },
  17,
);
