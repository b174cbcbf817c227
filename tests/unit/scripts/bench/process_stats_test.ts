import { equal } from "node:assert/strict";
import { parseStat, statusBytes } from "../../../../scripts/bench/process_stats.ts";

Deno.test("parseStat() counts fields after a command name with spaces and parentheses", () => {
  const field = parseStat("42 (a) b (c) S 1 42 42 0 -1 4194304 10 20 30 40 150 250 35 45 20 0 1\n");
  equal(field(4), 1);
  equal(field(14), 150);
  equal(field(15), 250);
  equal(field(17), 45);
});

Deno.test("statusBytes() reads a kB line by its whole name", () => {
  const status = "Name:\tdeno\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\nRssAnon:\t 7 kB\n";
  equal(statusBytes(status, "VmRSS"), 1024 * 1024);
  equal(statusBytes(status, "VmHWM"), 2048 * 1024);
  equal(statusBytes(status, "VmSwap"), 0);
});
