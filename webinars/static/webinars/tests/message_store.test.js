import assert from "node:assert/strict";
import { test } from "node:test";

import { MessageStore } from "../message_store.js";
import { MessageSync } from "../message_sync.js";
import { Deferred, settle } from "./fake_clock.js";

const message = (seq, more = {}) => ({
  id: `m${seq}`,
  seq,
  body: `text ${seq}`,
  authorId: "u2",
  authorName: "Jiwoo",
  isHost: false,
  createdAt: "2026-03-02T10:00:00Z",
  clientId: `c${seq}`,
  deleted: false,
  ...more,
});
const seqs = (store) => store.entries().map(({ seq }) => seq);

test("messages stand in the order of their numbers, each once, however they come", () => {
  const store = new MessageStore();

  store.add([message(2), message(1)]);
  store.add([message(3), message(2)]);

  assert.deepEqual(seqs(store), [1, 2, 3]);
  assert.equal(store.lastSeq, 3);
});

test("the unbroken run ends before a missing message, and goes on when it comes", () => {
  const store = new MessageStore();
  store.seed([message(41), message(42)]);

  store.add([message(45)]);
  const withHole = [store.lastSeq, store.hasHole];
  store.add([message(43), message(44)]);

  assert.deepEqual(withHole, [42, true]);
  assert.deepEqual([store.lastSeq, store.hasHole], [45, false]);
});

test("an own message is confirmed by its client id, from whichever side it comes first", () => {
  const store = new MessageStore();
  const changes = [];
  store.addPending({ clientId: "mine", body: "hello", authorId: "u1", authorName: "Me", isHost: false, createdAt: "" });
  store.subscribe((change) => changes.push(change));

  store.add([message(1, { clientId: "mine", authorId: "u1" })]);
  store.add([message(1, { clientId: "mine", authorId: "u1" })]);

  assert.deepEqual(seqs(store), [1]);
  assert.deepEqual(changes.map(({ put, gone }) => [put.map(({ key }) => key), gone]), [[["m1"], ["mine"]]]);
});

test("another person's message with the same client id confirms nothing", () => {
  const store = new MessageStore();
  store.addPending({ clientId: "same", body: "hello", authorId: "u1", authorName: "Me", isHost: false, createdAt: "" });

  store.add([message(1, { clientId: "same", authorId: "u2" })]);

  assert.deepEqual(store.entries().map(({ key, state }) => [key, state]), [["m1", "sent"], ["same", "sending"]]);
});

test("a failed message stays, last, until it is sent or discarded", () => {
  const store = new MessageStore();
  store.addPending({ clientId: "mine", body: "hello", authorId: "u1", authorName: "Me", isHost: false, createdAt: "" });

  store.setPending("mine", "failed", "Not sent.");
  store.add([message(1)]);
  const shown = store.entries().map(({ key, state }) => [key, state]);
  store.discard("mine");

  assert.deepEqual(shown, [["m1", "sent"], ["mine", "failed"]]);
  assert.deepEqual(seqs(store), [1]);
});

test("a deletion keeps the place", () => {
  const store = new MessageStore();
  store.add([message(1), message(2)]);

  store.delete({ id: "m1" });

  assert.deepEqual(store.entries().map(({ seq, state }) => [seq, state]), [[1, "deleted"], [2, "sent"]]);
});

test("forgetting drops the oldest, keeps the run, and what was dropped does not come back", () => {
  const store = new MessageStore();
  const changes = [];
  store.add(Array.from({ length: 10 }, (_, index) => message(index + 1)));
  store.subscribe(({ put }) => changes.push(put.map(({ seq }) => seq)));

  const gone = store.forget(4);
  store.add([message(5), message(6), message(7)]);
  store.delete({ id: "m2" });
  store.add([message(3, { deleted: true }), message(11)]);

  assert.deepEqual(gone, ["m1", "m2", "m3", "m4", "m5", "m6"]);
  assert.deepEqual(store.forget(20), []);
  assert.deepEqual(seqs(store), [7, 8, 9, 10, 11]);
  assert.deepEqual(changes, [[11]]);
  assert.deepEqual([store.lastSeq, store.hasHole], [11, false]);
});

test("forgetting hides no hole, also when what lies beyond it was dropped", () => {
  const store = new MessageStore();
  store.add([1, 2, 5, 6, 7, 8].map((seq) => message(seq)));

  store.forget(2);
  const withHole = [seqs(store), store.lastSeq, store.hasHole];
  store.add([3, 4, 5, 6, 7, 8].map((seq) => message(seq)));

  assert.deepEqual(withHole, [[7, 8], 2, true]);
  assert.deepEqual([seqs(store), store.lastSeq, store.hasHole], [[3, 4, 5, 6, 7, 8], 8, false]);
});

test("an own message that is confirmed by a forgotten one is not left as sending", () => {
  const store = new MessageStore();
  store.addPending({ clientId: "mine", body: "hello", authorId: "u1", authorName: "Me", isHost: false, createdAt: "" });
  store.add([message(1), message(2), message(3)]);
  store.forget(1);

  store.add([message(2, { clientId: "mine", authorId: "u1" })]);

  assert.deepEqual(store.entries().map(({ key }) => key), ["m3"]);
});

/** A server with `count` messages that answers like GET messages?after=&limit=. */
function serverWith(count, deleted = []) {
  const asked = [];
  const get = async (url) => {
    const query = new URL(url, "http://x").searchParams;
    const [after, limit] = [Number(query.get("after")), Number(query.get("limit"))];
    asked.push(after);
    const all = Array.from({ length: count() }, (_, index) => message(index + 1, { deleted: deleted.includes(index + 1) }));
    const messages = all.filter(({ seq }) => seq > after).slice(0, limit);
    return { messages, lastSeq: messages.at(-1)?.seq ?? after };
  };
  return { asked, api: { get } };
}

test("catching up goes on until nothing is left", async () => {
  const store = new MessageStore();
  store.seed([message(1)]);
  const { api, asked } = serverWith(() => 450);

  await new MessageSync({ api, url: "/messages", store }).catchUp();

  assert.equal(store.lastSeq, 450);
  assert.deepEqual(asked, [1, 201, 401]);
});

test("what arrives while catching up runs is caught up with too", async () => {
  const store = new MessageStore();
  const gate = new Deferred();
  let count = 2;
  const { api } = serverWith(() => count);
  const slow = { get: async (url) => { const answer = await api.get(url); await gate.promise; return answer; } };
  const sync = new MessageSync({ api: slow, url: "/messages", store });

  const first = sync.catchUp();
  await settle();
  count = 4;
  const second = sync.catchUp();
  gate.resolve();
  await Promise.all([first, second]);

  assert.equal(store.lastSeq, 4);
});

test("after a break the last messages are asked for again, so that deletions show", async () => {
  const store = new MessageStore();
  store.seed([message(90), message(91), message(92)]);
  const { api, asked } = serverWith(() => 92, [91]);

  await new MessageSync({ api, url: "/messages", store }).catchUp({ lookBack: true });

  assert.deepEqual(asked, [42]);
  assert.deepEqual(store.entries().filter(({ state }) => state === "deleted").map(({ seq }) => seq), [91]);
});

test("a failure is the caller's, and the next attempt starts where the run ends", async () => {
  const store = new MessageStore();
  store.seed([message(1)]);
  let broken = true;
  const { api } = serverWith(() => 3);
  const sync = new MessageSync({ api: { get: (url) => (broken ? Promise.reject(new Error("away")) : api.get(url)) }, url: "/messages", store });

  await assert.rejects(sync.catchUp(), /away/);
  broken = false;
  await sync.catchUp();

  assert.equal(store.lastSeq, 3);
});
