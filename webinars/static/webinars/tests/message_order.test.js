/** Whatever arrives in whichever order, the page ends with the server's list. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../history.js";
import { MessageStore } from "../message_store.js";
import { MessageSync } from "../message_sync.js";
import { ChatServer } from "./chat_server.js";
import { settle } from "./fake_clock.js";

const SEEDS = 80;
const STEPS = 120;

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A page whose events are lost, doubled and shuffled, and whose answers come late and out of order. */
function world(seed) {
  const random = chance(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const take = (list) => list.splice(Math.floor(random() * list.length), 1)[0];
  const server = new ChatServer(Math.floor(random() * 90));
  const events = [];
  const answers = [];
  const api = {
    get: (url) => new Promise((resolve) => {
      const later = random() < 0.5 ? null : server.answer(url);
      answers.push(() => resolve(later ?? server.answer(url)));
    }),
  };
  const store = new MessageStore();
  const shown = new Map();
  store.subscribe(({ put, gone }) => {
    gone.forEach((key) => shown.delete(key));
    put.forEach((entry) => shown.set(entry.key, entry));
  });
  const first = server.newest(30);
  store.seed(first, { lastChangedSeq: server.lastChangedSeq });
  const sync = new MessageSync({ api, url: "messages", store });
  const history = new History({ api, url: "messages", store });
  let written = 0;

  const tell = (event) => {
    if (random() < 0.75) events.push(event);
    if (random() < 0.2) events.push(event);
  };
  const steps = {
    post: () => tell({ created: server.post() }),
    postOwn() {
      const clientId = `own${(written += 1)}`;
      store.addPending({ clientId, body: "mine", authorId: "me", authorName: "Me", isHost: false, createdAt: "" });
      tell({ created: server.post({ clientId, authorId: "me" }) });
    },
    change() {
      if (!server.messages.length) return;
      const { seq, deleted } = pick(server.messages);
      const changed = server.setDeleted(seq, !deleted);
      tell(deleted ? { created: changed } : { deleted: { id: changed.id, seq, changedSeq: changed.changedSeq } });
    },
    hear() {
      if (!events.length) return;
      const event = take(events);
      if (event.created) store.add([event.created]);
      else store.delete(event.deleted);
    },
    answer: () => answers.length && take(answers)(),
    catchUp: () => void sync.catchUp({ lookBack: random() < 0.5 }),
    loadEarlier: () => void history.load(),
    forget: () => store.forget(20 + Math.floor(random() * 40)).forEach((key) => shown.delete(key)),
  };
  const weighed = ["post", "post", "postOwn", "change", "change", "hear", "hear", "hear", "answer", "answer", "catchUp", "loadEarlier", "forget"];
  const step = async () => {
    steps[pick(weighed)]();
    await settle();
  };

  /** Answers all that is asked until `promise` is settled. */
  const finish = async (promise) => {
    let done = false;
    promise?.finally(() => (done = true));
    for (let turn = 0; promise && !done && turn < 1_000; turn += 1) {
      answers.splice(0).forEach((give) => give());
      await settle();
    }
  };
  return { server, store, sync, history, shown, events, step, steps, finish };
}

const essence = ({ seq, deleted, body, changedSeq }) => ({ seq, deleted, body: deleted ? "" : body, changedSeq });

test("any interleaving of events, answers, histories and forgetting ends with the server's list", async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { server, store, sync, history, shown, events, step, steps, finish } = world(seed);
    for (let turn = 0; turn < STEPS; turn += 1) await step();
    await finish(sync.catchUp());
    await finish(history.load());
    while (events.length) steps.hear();
    await finish(sync.catchUp());
    while (store.hasEarlier) await finish(history.load());

    const entries = store.entries();
    assert.deepEqual(entries.map(essence), server.shown.map(essence), `seed ${seed}`);
    assert.deepEqual([...shown.keys()].sort(), entries.map(({ key }) => key).sort(), `what was told, seed ${seed}`);
    assert.deepEqual(
      [store.lastSeq, store.hasHole, store.lastChangedSeq, store.missesChanges],
      [server.messages.length, false, server.lastChangedSeq, false],
      `seed ${seed}`,
    );
  }
});

test("at every moment the list is in order and nothing stands twice", async () => {
  for (let seed = 1_001; seed <= 1_020; seed += 1) {
    const { store, step } = world(seed);
    for (let turn = 0; turn < STEPS; turn += 1) {
      await step();

      const seqs = store.entries().map(({ seq }) => seq).filter((seq) => seq !== null);
      assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b), `seed ${seed}, step ${turn}`);
      assert.ok(seqs.every((seq) => seq >= store.firstSeq), `seed ${seed}, step ${turn}`);
    }
  }
});
