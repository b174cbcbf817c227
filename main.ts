import { runCommand } from "./src/cli/application.ts";
import { denoMachine, denoProcess } from "./src/cli/deno_process.ts";
import { denoSurroundings } from "./src/cli/deno_surroundings.ts";

denoProcess.exit(await runCommand(denoProcess, denoMachine, denoSurroundings));
