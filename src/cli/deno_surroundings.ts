import { DenoFiles } from "../host/deno_files.ts";
import { DenoNetwork } from "../host/deno_network.ts";
import { DenoRandom } from "../host/deno_random.ts";
import { DenoInput, DenoOutput, isErrorTerminal } from "../host/deno_streams.ts";
import type { Surroundings } from "./surroundings.ts";

/** This machine. */
export const denoSurroundings: Surroundings = {
  network: new DenoNetwork(),
  random: new DenoRandom(),
  files: new DenoFiles(),
  output: new DenoOutput(),
  get showsErrors() {
    return isErrorTerminal();
  },
  standardInput: () => DenoInput.standard(),
  openFile: (path) => DenoInput.file(path),
};
