import { brokerOnBadDisk } from "../../sim/broker_on_bad_disk.ts";

for (const crash of ["process", "power"] as const) {
  Deno.test(`Broker loses nothing it acknowledged on a bad disk and a ${crash} crash`, async () => {
    for (let seed = 1; seed <= 25; seed++) {
      try {
        await brokerOnBadDisk(seed, crash);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}
