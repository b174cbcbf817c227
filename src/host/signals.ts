/** The signals that ask a process to end. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** Calls `callback` for every SIGHUP, which would end the process. Returns how to undo it. */
export function onReloadSignal(callback: () => void): () => void {
  Deno.addSignalListener("SIGHUP", callback);
  return () => Deno.removeSignalListener("SIGHUP", callback);
}

const STOP_SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

/**
 * Calls `callback` for every SIGINT and SIGTERM, in place of the process ending at once.
 *
 * @returns stops listening; the signals have their default effect again
 */
export function onStopSignal(callback: (signal: StopSignal) => void): () => void {
  const listeners = STOP_SIGNALS.map((signal) => ({ signal, listener: () => callback(signal) }));
  for (const { signal, listener } of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
  };
}
