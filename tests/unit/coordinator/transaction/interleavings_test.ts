import fc from "fast-check";
import { World } from "./world.ts";

/** Two clients share an id, so that each may fence the other. */
const CLIENTS = [
  { id: "shared", bumpsEpochs: true },
  { id: "shared", bumpsEpochs: true },
  { id: "old", bumpsEpochs: false },
  { id: "old", bumpsEpochs: false },
  { id: "mixed", bumpsEpochs: true },
  { id: "mixed", bumpsEpochs: false },
];

const client = fc.nat(CLIENTS.length - 1);

const deed = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("init" as const), client }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("write" as const), client, partition: fc.nat(2) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("end" as const), client, committed: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("sendLate" as const), client, partition: fc.nat(2) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("arriveLate" as const), pick: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("deliver" as const), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(2000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("refuse" as const), refuses: fc.boolean() }),
  },
);

Deno.test("TransactionMachine ends every transaction in all of its partitions or in none", () => {
  const property = fc.property(fc.array(deed, { maxLength: 120 }), (deeds) => {
    const world = new World(CLIENTS);
    for (const step of deeds) {
      switch (step.do) {
        case "init":
          world.init(world.clients[step.client]!);
          break;
        case "write":
          world.write(world.clients[step.client]!, step.partition);
          break;
        case "sendLate":
          world.sendLate(world.clients[step.client]!, step.partition);
          break;
        case "arriveLate":
          world.arriveLate(step.pick);
          break;
        case "end":
          world.end(world.clients[step.client]!, step.committed);
          break;
        case "deliver":
          world.deliver(step.pick);
          break;
        case "wait":
          world.wait(step.ms);
          break;
        case "crash":
          world.crash();
          break;
        case "refuse":
          world.refuseAppends(step.refuses);
          break;
      }
    }
    world.settle();
    world.check();
  });
  fc.assert(property, { numRuns: 400 });
});
