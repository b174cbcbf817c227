import type { PlantedBug } from "./planted_bug.ts";

/** Mistakes of group and transaction coordinators. */
export const COORDINATOR_BUGS: readonly PlantedBug[] = [
  {
    name: "offsets-answered-before-commit",
    story: "A coordinator answers when its record is appended, not when it is committed.",
    changes: [{
      path: "src/broker/coordination/coordinator_shard.ts",
      find: "const wait = errorCode === ErrorCode.NONE ? this.#commitWait() : undefined;",
      replace: "const wait = errorCode !== errorCode ? this.#commitWait() : undefined;",
    }],
  },
  {
    name: "markers-lost-on-failover",
    story: "A coordinator that takes over forgets transactions whose end was decided before.",
    changes: [{
      path: "src/coordinator/transaction/transaction_machine.ts",
      find: "    for (const transaction of this.#transactions.values()) {\n" +
        "      if (isPrepared(transaction)) effects.actions.push(",
      replace: "    for (const transaction of this.#transactions.values()) {\n" +
        "      if (transaction.producerId < 0) effects.actions.push(",
    }],
  },
  {
    name: "markers-not-tried-again",
    story: "A marker that could not be written is forgotten: the transaction is ended elsewhere.",
    changes: [{
      path: "src/broker/transactions/marker_delivery.ts",
      find: 'return left.length === 0 ? "done" : left;',
      replace: 'return "done";',
    }],
  },
];
