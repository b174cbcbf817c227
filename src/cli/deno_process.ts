import { DenoClock } from "../host/deno_clock.ts";
import { onReloadSignal, onStopSignal } from "../host/signals.ts";
import type { CommandProcess, LocalMachine, OutputStreams } from "./command_process.ts";

const encoder = new TextEncoder();

function writeAll(stream: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  const bytes = encoder.encode(text);
  let written = 0;
  while (written < bytes.length) written += stream.writeSync(bytes.subarray(written));
}

/** The standard streams of this process. They need no permission, so workers use them too. */
export const standardStreams: OutputStreams = {
  writeOutput: (text) => writeAll(Deno.stdout, text),
  writeError: (text) => writeAll(Deno.stderr, text),
};

/** The process that the operator started. For the main thread alone: a worker has no signals. */
export const denoProcess: CommandProcess = {
  ...standardStreams,
  arguments: Deno.args,
  clock: new DenoClock(),
  environment: () => Deno.env.toObject(),
  uptimeMs: () => performance.now(),
  onStopSignal,
  onReloadSignal,
  exit: (code) => Deno.exit(code),
};

/** The machine as start-up sees it, before the broker is confined. */
export const denoMachine: LocalMachine = {
  readTextFile: (path) => Deno.readTextFileSync(path),
  prepareDirectory(path) {
    Deno.mkdirSync(path, { recursive: true });
    return Deno.realPathSync(path);
  },
  resolveBindHost(host) {
    // Listening asks the system's own resolver, hosts file included, and proves at once that the
    // address is one of this machine's.
    const probe = Deno.listen({ hostname: host, port: 0 });
    try {
      return (probe.addr as Deno.NetAddr).hostname;
    } finally {
      probe.close();
    }
  },
};
