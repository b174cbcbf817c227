import assert from "node:assert/strict";
import fc from "fast-check";
import { Broadcasts } from "../../../src/gossip/broadcasts.ts";
import { Choices } from "../../../src/gossip/choices.ts";
import {
  DEFAULT_GOSSIP_CONFIG as CONFIG,
  pushPullIntervalMs,
  retransmitLimit,
  suspicionConfirmations,
  suspicionMinMs,
} from "../../../src/gossip/config.ts";
import { LocalHealth } from "../../../src/gossip/local_health.ts";
import { utf8Length } from "../../../src/gossip/member.ts";
import { Suspicion, suspicionMs } from "../../../src/gossip/suspicion.ts";

Deno.test("retransmitLimit() grows with the digits of the number of members", () => {
  assert.deepEqual([1, 3, 9, 10, 99, 100, 999].map((n) => retransmitLimit(CONFIG, n)), [
    4,
    4,
    4,
    8,
    8,
    12,
    12,
  ]);
});

Deno.test("suspicionMinMs() is four intervals up to ten members, and eight for a hundred", () => {
  assert.deepEqual([1, 3, 10, 100].map((n) => suspicionMinMs(CONFIG, n)), [4000, 4000, 4000, 8000]);
});

Deno.test("suspicionConfirmations() asks for nobody when too few are there to confirm", () => {
  assert.deepEqual([2, 3, 4, 10].map((n) => suspicionConfirmations(CONFIG, n)), [0, 0, 2, 2]);
});

Deno.test("pushPullIntervalMs() adds an interval with each doubling beyond 32 members", () => {
  const intervals = [1, 32, 33, 64, 65, 128].map((n) => pushPullIntervalMs(CONFIG, n));
  assert.deepEqual(intervals, [30_000, 30_000, 60_000, 60_000, 90_000, 90_000]);
});

Deno.test("suspicionMs() goes from the longest to the shortest as others confirm", () => {
  const terms = { confirmations: 3, minMs: 2000, maxMs: 30_000 };
  const times = [0, 1, 2, 3, 4].map((confirmed) => Math.round(suspicionMs(terms, confirmed)));
  assert.deepEqual(times, [30_000, 16_000, 7811, 2000, 2000]);
  assert.equal(suspicionMs({ confirmations: 0, minMs: 5, maxMs: 9 }, 0), 5);
});

Deno.test("Suspicion.confirm() counts each accuser once, and no more than are wanted", () => {
  const suspicion = new Suspicion("a", { confirmations: 2, minMs: 10, maxMs: 100 }, 1000);
  assert.equal(suspicion.deadlineMs, 1100);
  assert.equal(suspicion.confirm("a"), false);
  assert.equal(suspicion.confirm("b"), true);
  assert.equal(suspicion.confirm("b"), false);
  assert.ok(suspicion.deadlineMs < 1100 && suspicion.deadlineMs > 1010);
  assert.equal(suspicion.confirm("c"), true);
  assert.equal(suspicion.deadlineMs, 1010);
  assert.equal(suspicion.confirm("d"), false);
  suspicion.postpone(5);
  assert.equal(suspicion.deadlineMs, 1015);
});

Deno.test("LocalHealth.adjust() stays within its steps and stretches times by them", () => {
  const health = new LocalHealth(8);
  health.adjust(-1);
  assert.equal(health.stretch(500), 500);
  health.adjust(2);
  assert.equal(health.stretch(500), 1500);
  health.adjust(100);
  assert.equal(health.score, 7);
  health.adjust(-1);
  assert.equal(health.score, 6);
});

Deno.test("Broadcasts.take() gives what was sent least first, and of those the newest", () => {
  const news = new Broadcasts();
  for (const [index, subject] of ["a", "b", "c"].entries()) news.add(subject, Uint8Array.of(index));
  assert.deepEqual(news.take(2, 3).map(([byte]) => byte), [2, 1]);
  assert.deepEqual(news.take(2, 3).map(([byte]) => byte), [0, 2]);
  news.add("d", Uint8Array.of(3));
  assert.deepEqual(news.take(100, 3).map(([byte]) => byte), [3, 1, 0, 2]);
  assert.equal(news.has("c"), false);
  assert.equal(news.has("b"), true);
});

Deno.test("Broadcasts.add() replaces older news of the same member", () => {
  const news = new Broadcasts();
  news.add("a", Uint8Array.of(1));
  news.take(10, 5);
  news.add("a", Uint8Array.of(2));
  assert.deepEqual(news.take(10, 5), [Uint8Array.of(2)]);
  assert.equal(news.size, 1);
});

Deno.test("Broadcasts.take() leaves out what does not fit, and sends each as often as it may", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 50, max: 120 }),
    fc.integer({ min: 1, max: 6 }),
    (lengths, bytesMax, transmitsMax) => {
      const news = new Broadcasts();
      lengths.forEach((length, index) => news.add(`${index}`, new Uint8Array(length).fill(index)));
      const sent = new Map<number, number>();
      while (news.size > 0) {
        const taken = news.take(bytesMax, transmitsMax);
        assert.ok(taken.length > 0);
        assert.ok(taken.reduce((sum, message) => sum + message.length, 0) <= bytesMax);
        for (const [index] of taken) sent.set(index!, (sent.get(index!) ?? 0) + 1);
      }
      assert.deepEqual([...sent.values()], lengths.map(() => transmitsMax));
    },
  ));
});

Deno.test("Choices gives the same choices for the same seed, and spreads them", () => {
  const draw = (seed: number) => {
    const choices = new Choices([seed, 2, 3, 4]);
    return Array.from({ length: 50 }, () => choices.below(10));
  };
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  const counts = new Array(10).fill(0);
  const choices = new Choices([0, 0, 0, 0]);
  for (let i = 0; i < 10_000; i++) counts[choices.below(10)]++;
  assert.ok(counts.every((count) => count > 800 && count < 1200), counts.join(" "));
});

Deno.test("Choices.sample() gives different elements, as many as there are", () => {
  const choices = new Choices([9, 9, 9, 9]);
  const list = [1, 2, 3, 4, 5];
  const seen = new Set<number>();
  for (let i = 0; i < 100; i++) {
    const sample = choices.sample(list, 3);
    assert.equal(new Set(sample).size, 3);
    sample.forEach((element) => seen.add(element));
  }
  assert.equal(seen.size, 5);
  assert.deepEqual(choices.sample(list, 9).sort(), list);
  assert.deepEqual(list, [1, 2, 3, 4, 5]);
});

Deno.test("utf8Length() is what the encoder makes of any text, broken surrogates included", () => {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0xd800, max: 0xdfff }),
    fc.integer({ min: 0x78, max: 0x88 }),
  );
  fc.assert(fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
    const text = String.fromCharCode(...units);
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length);
  }));
  assert.equal(utf8Length("\ud800a\udc00\ud83d\ude00\ud800"), 3 + 1 + 3 + 4 + 3);
});
