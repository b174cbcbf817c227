/**
 * What a thread that compacts runs. Its rights are those of `cleaner_thread/permissions.ts`; imports
 * of this module are static, because a confined worker may read no source file later.
 */
import { DenoClock } from "../host/deno_clock.ts";
import { DenoDisk } from "../host/deno_disk.ts";
import type { ServeCleaner } from "./cleaner_thread/messages.ts";
import { serveCleaner } from "./cleaner_thread/serve_cleaner.ts";

const channel = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ServeCleaner>) => void) | null;
};

channel.onmessage = ({ data: { dataDir, port } }): void => {
  serveCleaner(port, { disk: new DenoDisk(dataDir), clock: new DenoClock() });
};
