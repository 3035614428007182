import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../history.js";
import { MessageStore } from "../message_store.js";
import { MessageSync } from "../message_sync.js";
import { ChatServer, message } from "./chat_server.js";
import { Deferred, settle } from "./fake_clock.js";

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

test("a deletion keeps the place, and what was said for who may bring it back", () => {
  const store = new MessageStore();
  store.add([message(1), message(2)]);

  store.delete({ id: "m1", seq: 1, changedSeq: 1 });

  assert.deepEqual(store.entries().map(({ seq, state, body }) => [seq, state, body]), [[1, "deleted", ""], [2, "sent", "text 2"]]);
  assert.equal(store.message("m1").removedBody, "text 1");
});

test("of two versions the later change wins, in whichever order they come", () => {
  const store = new MessageStore();
  store.add([message(1), message(2), message(3)]);

  store.add([message(1, { changedSeq: 2 })]);
  store.delete({ id: "m1", seq: 1, changedSeq: 1 });
  store.delete({ id: "m4", seq: 4, changedSeq: 3 });
  store.add([message(4)]);
  store.delete({ id: "m2", seq: 2 });
  store.add([message(2)]);

  assert.deepEqual(store.entries().map(({ seq, state }) => [seq, state]), [[1, "sent"], [2, "deleted"], [3, "sent"], [4, "deleted"]]);
});

test("a change that was skipped is known to be missing until it comes", () => {
  const store = new MessageStore();
  store.seed([message(1), message(2)], { lastChangedSeq: 7 });

  store.delete({ id: "m1", seq: 1, changedSeq: 8 });
  const counted = [store.lastChangedSeq, store.missesChanges];
  store.delete({ id: "m2", seq: 2, changedSeq: 10 });
  const skipped = [store.lastChangedSeq, store.missesChanges, store.isBehind({ lastSeq: 2, lastChangedSeq: 10 })];
  store.add([message(1, { changedSeq: 9 })]);

  assert.deepEqual(counted, [8, false]);
  assert.deepEqual(skipped, [8, true, true]);
  assert.deepEqual([store.lastChangedSeq, store.missesChanges, store.isBehind({ lastSeq: 2, lastChangedSeq: 10 })], [10, false, false]);
});

test("forgetting drops the oldest and keeps the run, and what was dropped comes back by the history alone", () => {
  const store = new MessageStore();
  const changes = [];
  store.add(Array.from({ length: 10 }, (_, index) => message(index + 1)));
  store.subscribe(({ put }) => changes.push(put.map(({ seq }) => seq)));

  const gone = store.forget(4);
  store.add([message(5), message(6), message(7)]);
  store.delete({ id: "m2", seq: 2, changedSeq: 1 });
  store.add([message(11)]);
  const kept = [seqs(store), store.firstSeq, store.lastSeq, store.hasHole];
  store.prepend([message(1), message(2), message(3)], { before: 4 });
  store.prepend([message(5), message(6)], { before: 7 });

  assert.deepEqual(gone, ["m1", "m2", "m3", "m4", "m5", "m6"]);
  assert.deepEqual(store.forget(20), []);
  assert.deepEqual(kept, [[7, 8, 9, 10, 11], 7, 11, false]);
  assert.deepEqual(changes, [[11], [5, 6]]);
  assert.deepEqual([store.firstSeq, store.hasEarlier], [5, true]);
});

test("nothing from what is being read on is forgotten", () => {
  const store = new MessageStore();
  store.add([1, 2, 3, 4, 5].map((seq) => message(seq)));

  assert.deepEqual(store.forget(1, { keep: 3 }), ["m1", "m2"]);
  assert.deepEqual(seqs(store), [3, 4, 5]);
});

test("a history that was asked for before a change shows the change", () => {
  const store = new MessageStore();
  store.seed([message(1), message(2), message(3), message(4)]);
  store.add([message(1, { deleted: true, changedSeq: 1 })]);
  store.forget(2);
  store.delete({ id: "m2", seq: 2, changedSeq: 2 });

  store.prepend([message(1), message(2)], { before: 3 });

  assert.deepEqual(store.entries().map(({ seq, state, body }) => [seq, state, body]), [
    [1, "deleted", ""],
    [2, "deleted", ""],
    [3, "sent", "text 3"],
    [4, "sent", "text 4"],
  ]);
  assert.equal(store.lastChangedSeq, 2);
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

test("catching up goes on until nothing is left", async () => {
  const store = new MessageStore();
  store.seed([message(1)]);
  const server = new ChatServer(450);

  await new MessageSync({ api: server.api, url: "/messages", store }).catchUp();

  assert.equal(store.lastSeq, 450);
  assert.deepEqual(server.asked.map(({ after }) => after), ["1", "201", "401"]);
});

test("what arrives while catching up runs is caught up with too", async () => {
  const store = new MessageStore();
  const gate = new Deferred();
  const server = new ChatServer(2);
  const slow = { get: async (url) => { const answer = server.answer(url); await gate.promise; return answer; } };
  const sync = new MessageSync({ api: slow, url: "/messages", store });

  const first = sync.catchUp();
  await settle();
  server.post();
  server.post();
  const second = sync.catchUp();
  gate.resolve();
  await Promise.all([first, second]);

  assert.equal(store.lastSeq, 4);
});

test("deletions and restorations are healed however old the messages are", async () => {
  const server = new ChatServer(400);
  server.setDeleted(350, true);
  const store = new MessageStore();
  store.seed(server.newest(400), { lastChangedSeq: server.lastChangedSeq });
  for (let seq = 1; seq <= 250; seq += 1) server.setDeleted(seq, true);
  server.setDeleted(350, false);
  server.setDeleted(3, false);

  await new MessageSync({ api: server.api, url: "/messages", store }).catchUp({ lookBack: true });

  assert.deepEqual(server.asked.map(({ changed_after: after }) => after), ["1", "202"]);
  assert.deepEqual(
    store.entries().map(({ seq, deleted, body }) => [seq, deleted, body]),
    server.shown.map(({ seq, deleted, body }) => [seq, deleted, body]),
  );
  assert.equal(store.lastChangedSeq, server.lastChangedSeq);
});

/** A chat that hears the events of a room, and what it asks the room to fill. */
function inRoom(store) {
  const filled = [];
  const handlers = {};
  const room = { add: () => {}, on: (type, handler) => (handlers[type] = handler), fill: (name) => filled.push(name) };
  new MessageSync({ api: null, url: "/messages", store }).join(room);
  const hears = async (...events) => {
    for (const [type, data] of events) handlers[`message.${type}`](data);
    await settle();
  };
  return { filled, hears };
}

test("an event that shows a hole, in the messages or in the changes, has it filled", async () => {
  const store = new MessageStore();
  store.seed([message(1), message(2)]);
  const { filled, hears } = inRoom(store);

  await hears(["created", { message: message(3) }], ["deleted", { id: "m1", seq: 1, changedSeq: 1 }]);
  const without = filled.length;
  await hears(["created", { message: message(5) }]);
  store.add([message(4)]);
  await hears(["deleted", { id: "m2", seq: 2, changedSeq: 3 }]);

  assert.equal(without, 0);
  assert.deepEqual(filled, ["chat", "chat"]);
});

test("the messages of one frame are put on the page at once, also one that is deleted in it", async () => {
  const store = new MessageStore();
  const changes = [];
  store.subscribe(({ put }) => changes.push(put.map(({ seq, state }) => [seq, state])));
  const { hears } = inRoom(store);

  await hears(
    ["created", { message: message(1) }],
    ["created", { message: message(2) }],
    ["deleted", { id: "m1", seq: 1, changedSeq: 1 }],
  );

  assert.deepEqual(changes, [[[1, "deleted"], [2, "sent"]]]);
});

test("a failure is the caller's, and the next attempt starts where the run ends", async () => {
  const store = new MessageStore();
  store.seed([message(1)]);
  let broken = true;
  const { api } = new ChatServer(3);
  const sync = new MessageSync({ api: { get: (url) => (broken ? Promise.reject(new Error("away")) : api.get(url)) }, url: "/messages", store });

  await assert.rejects(sync.catchUp(), /away/);
  broken = false;
  await sync.catchUp();

  assert.equal(store.lastSeq, 3);
});

test("the history is read page by page to the beginning, and a failure can be tried again", async () => {
  const server = new ChatServer(230);
  const store = new MessageStore();
  store.seed(server.newest(50));
  const states = [];
  let broken = false;
  const api = { get: (url) => (broken ? Promise.reject(new Error("away")) : server.api.get(url)) };
  const history = new History({ api, url: "/messages", store, onState: (state) => states.push(state) });

  await Promise.all([history.load(), history.load()]);
  broken = true;
  await history.load();
  broken = false;
  await history.load();
  await history.load();

  assert.deepEqual(states, ["idle", "loading", "idle", "loading", "failed", "loading", "beginning"]);
  assert.deepEqual(server.asked.map(({ before }) => before), ["181", "81"]);
  assert.deepEqual(seqs(store), server.messages.map(({ seq }) => seq));
});
