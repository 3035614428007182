import assert from "node:assert/strict";
import { test } from "node:test";

import { QuestionStore } from "../question_store.js";
import { QuestionSync } from "../question_sync.js";
import { Deferred, settle } from "./fake_clock.js";
import { QuestionServer, seeded } from "./question_server.js";

const BASE = "questions";

/** A page of `viewer` that starts from what the server has; `counted` are its questions since and how often it was behind. */
async function pageOf(server, { user = "me", leads = false } = {}) {
  const store = new QuestionStore({ me: user, leads });
  const counted = { gets: 0, behind: 0 };
  const own = server.api({ user, leads });
  const get = (url) => {
    counted.gets += 1;
    return own.get(url);
  };
  const sync = new QuestionSync({ api: { get }, url: BASE, store, onBehind: () => (counted.behind += 1) });
  await sync.catchUp();
  counted.gets = 0;
  return { store, sync, counted };
}

const shown = (store) => store.entries().map(({ id, status, votes }) => [id, status, votes]);
const hearAll = ({ sync }, server) => server.told.splice(0).forEach((event) => sync.hear(event.data));

test("events in order need no question to the server", async () => {
  const server = new QuestionServer();
  const page = await pageOf(server);

  const question = server.ask();
  server.set(question, { status: "published" });
  server.vote(question, "u2", true);
  server.set(question, { status: "answered", answer: "Yes." });
  hearAll(page, server);

  assert.deepEqual(shown(page.store), [["q1", "answered", 1]]);
  assert.equal(page.store.entries()[0].answer, "Yes.");
  assert.deepEqual([page.store.lastChange, page.counted.behind], [3, 0]);
});

test("an archived question is gone for attendees and kept for hosts", async () => {
  const server = new QuestionServer();
  const [attendee, host] = [await pageOf(server), await pageOf(server, { user: "h", leads: true })];
  const question = server.ask({ status: "published" });
  server.set(question, { status: "archived" });

  for (const event of server.told) for (const { sync } of [attendee, host]) sync.hear(event.data);

  assert.deepEqual(shown(attendee.store), []);
  assert.deepEqual(host.store.entries().map(({ status, body }) => [status, body]), [["archived", "question 1"]]);
});

test("what comes late does not bring an archived question back", async () => {
  const server = new QuestionServer();
  const { store, sync } = await pageOf(server);
  const question = server.ask({ status: "published" });
  server.set(question, { status: "archived" });

  server.told.reverse().forEach((event) => sync.hear(event.data));

  assert.deepEqual(shown(store), []);
  assert.equal(store.lastChange, 2);
});

test("what follows a missed event is shown, and the page knows that it is behind", async () => {
  const server = new QuestionServer();
  const { store, sync, counted } = await pageOf(server);
  for (let count = 0; count < 3; count += 1) server.ask({ status: "published" });
  server.told.slice(1).forEach((event) => sync.hear(event.data));
  const before = [shown(store).map(([id]) => id), store.lastChange, counted.behind];

  await sync.catchUp();

  assert.deepEqual(before, [["q2", "q3"], 0, 2]);
  assert.deepEqual(shown(store).map(([id]) => id).sort(), ["q1", "q2", "q3"]);
  assert.deepEqual([store.lastChange, store.isBehind], [3, false]);
});

test("a missed event that arrives late closes the hole", async () => {
  const server = new QuestionServer();
  const { store, sync } = await pageOf(server);
  server.ask({ status: "published" });
  server.ask({ status: "published" });

  server.told.reverse().forEach((event) => sync.hear(event.data));

  assert.deepEqual([store.lastChange, store.isBehind], [2, false]);
});

test("hosts are behind until they have read what waits, what was archived, and who asked anonymously", async () => {
  for (const facts of [{ status: "pending" }, { status: "archived" }, { status: "published", isAnonymous: true }]) {
    const server = new QuestionServer();
    const page = await pageOf(server, { user: "h", leads: true });
    server.ask({ name: "Yoon", ...facts });

    hearAll(page, server);
    const behind = page.store.isBehind;
    await page.sync.catchUp();

    assert.deepEqual([behind, page.counted.behind, page.store.isBehind], [true, 1, false]);
    assert.deepEqual(page.store.entries().map(({ authorName, status }) => [authorName, status]), [["Yoon", facts.status]]);
  }
});

test("a host who knows the asker of an anonymous question keeps the name when it is published", async () => {
  const server = new QuestionServer();
  const question = server.ask({ name: "Park", isAnonymous: true });
  const page = await pageOf(server, { user: "h", leads: true });
  server.told = [];

  server.set(question, { status: "published" });
  hearAll(page, server);

  assert.equal(page.store.entries()[0].authorName, "Park");
  assert.equal(page.counted.behind, 0);
});

test("other attendees never see the name of an anonymous asker or what waits", async () => {
  const server = new QuestionServer();
  server.ask({ name: "Park", isAnonymous: true, status: "published" });
  server.ask({ name: "Lee" });
  const { store } = await pageOf(server);

  assert.deepEqual(store.entries().map(({ id, authorId, authorName }) => [id, authorId, authorName]), [["q1", null, null]]);
});

test("a count says whether something is missing here", async () => {
  const server = new QuestionServer();
  server.ask({ status: "published" });
  const { sync } = await pageOf(server);

  assert.deepEqual([0, 1, 2, undefined].map((lastQuestionChange) => sync.expect({ lastQuestionChange })), [false, false, true, false]);
});

test("a long absence is caught up with page by page", async () => {
  const server = new QuestionServer();
  const { store, sync, counted } = await pageOf(server);
  for (let count = 0; count < 450; count += 1) server.ask({ status: "published" });

  await sync.catchUp();

  assert.deepEqual([store.entries().length, store.lastChange, counted.gets], [450, 450, 3]);
});

test("an answer's votes are the truth: a vote that was lost on the way is taken back", async () => {
  const server = new QuestionServer();
  const question = server.ask({ status: "published" });
  server.vote(question, "u2", true);
  const { store, sync } = await pageOf(server);
  const before = shown(store);

  server.vote(question, "u2", false);
  await sync.catchUp();

  assert.deepEqual([before, shown(store)], [[["q1", "published", 1]], [["q1", "published", 0]]]);
});

test("a tally that is heard while an older answer is on its way stands", async () => {
  const server = new QuestionServer();
  const question = server.ask({ status: "published" });
  const page = await pageOf(server);
  const gate = new Deferred();
  page.sync.api = { get: async (url) => { const answer = server.answer(url, { user: "me" }); await gate.promise; return answer; } };

  const asking = page.sync.catchUp();
  server.told = [];
  server.vote(question, "u2", true);
  hearAll(page, server);
  gate.resolve();
  await asking;

  assert.deepEqual(shown(page.store), [["q1", "published", 1]]);
});

test("an own vote shows at once, and ends as the server answered", async () => {
  const server = new QuestionServer();
  const question = server.ask({ status: "published" });
  server.vote(question, "u2", true);
  const { store } = await pageOf(server);
  const state = () => store.entries().map(({ votes, voted }) => [votes, voted])[0];

  store.wish("q1", true);
  const wished = state();
  store.tally({ q1: 2 });
  const meanwhile = state();
  store.settle("q1", { id: "q1", votes: 5, voted: true });
  const settled = state();
  store.wish("q1", false);
  store.settle("q1", null);

  assert.deepEqual([wished, meanwhile, settled, state()], [[2, true], [2, true], [5, true], [5, true]]);
});

test("an own question goes on under its key, and the room's event does not double it", async () => {
  const server = new QuestionServer();
  const { store, sync } = await pageOf(server);
  const own = { clientId: "c1", body: "mine?", isAnonymous: true, authorName: "Me", createdAt: "2026-03-02T10:00:00Z" };
  const keys = () => store.entries().map(({ key, state, mine }) => [key, state, mine]);

  store.addOwn(own);
  const question = server.ask({ by: "me", name: "Me", body: "mine?", isAnonymous: true, status: "published" });
  sync.hear(server.told[0].data);
  const whileSending = keys();
  store.confirm("c1", server.answer("q?after=0&limit=9", { user: "me" }).questions[0]);
  server.set(question, { status: "answered", answer: "Yes." });
  sync.hear(server.told[1].data);

  assert.deepEqual([whileSending, keys()], [[["c1", "sending", true]], [["c1", "stored", true]]]);
});

test("a question of another person with the same words is shown beside an own one that failed", async () => {
  const server = new QuestionServer();
  const { store, sync } = await pageOf(server);
  store.addOwn({ clientId: "c1", body: "same", isAnonymous: false, authorName: "Me", createdAt: "2026-03-02T10:00:00Z" });
  store.setOwn("c1", "failed", "Not sent.");

  server.ask({ by: "u2", body: "same", status: "published" });
  sync.hear(server.told[0].data);

  assert.deepEqual(store.entries().map(({ key, state }) => [key, state]), [["q1", "stored"], ["c1", "failed"]]);
});

test("an entry is a new object only when it changed", async () => {
  const server = new QuestionServer();
  server.ask({ status: "published" });
  server.ask({ status: "published" });
  const { store } = await pageOf(server);
  const before = store.entries();

  store.tally({ q2: 4 });

  assert.deepEqual(store.entries().map((entry, index) => entry === before[index]), [true, false]);
});

const ACTS = [
  (server, random) => server.ask({ isAnonymous: random() < 0.3, status: random() < 0.5 ? "pending" : "published" }),
  (server, random) => move(server, random, { status: "published" }),
  (server, random) => move(server, random, { status: "answered", answer: `answer ${server.lastChange}` }),
  (server, random) => move(server, random, { status: "archived", pinned: false }),
  (server, random) => move(server, random, { pinned: random() < 0.5 }, ["published", "answered"]),
  (server, random) => vote(server, random),
  (server, random) => vote(server, random),
];
/** This page asks: the room may hear of it before the answer comes, and of what is done with it, too. */
function askHere(server, random, store) {
  const clientId = `c${server.asked}`;
  const isAnonymous = random() < 0.5;
  const body = `mine ${clientId}`;
  store.addOwn({ clientId, body, isAnonymous, authorName: "Me", createdAt: "2026-03-02T10:00:00Z" });
  const question = server.ask({ by: "me", name: "Me", body, isAnonymous, status: random() < 0.5 ? "pending" : "published" });
  const answer = { ...question, votes: 0, mine: true, voted: false };
  return () => store.confirm(clientId, answer);
}

const one = (list, random) => list[Math.floor(random() * list.length)];

function move(server, random, facts, from = ["pending", "published", "answered", "archived"]) {
  const question = one(server.questions.filter(({ status }) => from.includes(status)), random);
  if (question) server.set(question, facts);
}

test("one question at a time: an answer that was overtaken does not bring old votes back", async () => {
  const server = new QuestionServer();
  const question = server.ask({ status: "published" });
  const { store, sync } = await pageOf(server);
  const held = new Deferred();
  const urls = [];
  sync.api = {
    get: async (url) => {
      urls.push(url);
      const answer = server.answer(url, { user: "me" });
      if (urls.length === 1) await held.promise;
      return answer;
    },
  };

  const first = sync.catchUp();
  server.vote(question, "u2", true);
  hearAll({ sync }, server);
  const second = sync.catchUp();
  await settle();
  const together = urls.length;
  held.resolve();
  await Promise.all([first, second]);

  assert.deepEqual([together, urls.length, shown(store)], [1, 2, [["q1", "published", 1]]]);
});

function vote(server, random) {
  const question = one(server.questions, random);
  if (question) server.vote(question, one(["u1", "u2", "u3"], random), random() < 0.7);
}

/** What a page shows, and what the server says it should. */
const facts = (entries) =>
  entries
    .map(({ id, changedSeq, status, body, pinned, answer, authorName, votes, mine, voted }) => ({ id, changedSeq, status, body, pinned, answer, authorName, votes, mine, voted }))
    .sort((a, b) => a.id.localeCompare(b.id));

function truth(server, viewer) {
  const visible = ({ status, mine }) => viewer.leads || ["published", "answered"].includes(status) || (mine && status === "pending");
  return facts(server.answer("q?after=0&limit=1000", viewer).questions.filter(visible));
}

for (const seed of Array.from({ length: 60 }, (_, index) => index + 1)) {
  test(`whatever is lost, late or doubled, a page ends as the server has it (seed ${seed})`, async () => {
    const random = seeded(seed);
    const server = new QuestionServer();
    const viewer = { user: "me", leads: random() < 0.5 };
    const gates = [];
    const api = {
      async get(url) {
        const answer = server.answer(url, viewer);
        if (random() < 0.5) await new Promise((resolve) => gates.push(resolve));
        if (random() < 0.1) throw new Error("away");
        return answer;
      },
    };
    const store = new QuestionStore({ me: "me", leads: viewer.leads });
    let asking = null;
    const ask = () => (asking ??= sync.catchUp().catch(() => {}).finally(() => (asking = null)));
    const sync = new QuestionSync({ api, url: BASE, store, onBehind: ask });
    const onTheWay = [];

    for (let step = 0; step < 80; step += 1) {
      if (random() < 0.1) gates.push(askHere(server, random, store));
      else one(ACTS, random)(server, random);
      onTheWay.push(...server.told.splice(0).filter(() => random() > 0.15));
      while (onTheWay.length && random() < 0.6) {
        const [event] = onTheWay.splice(Math.floor(random() * Math.min(3, onTheWay.length)), 1);
        sync.hear(event.data);
        if (random() < 0.1) onTheWay.push(event);
      }
      if (random() < 0.3) gates.shift()?.();
      if (random() < 0.5) await settle();
    }
    onTheWay.forEach((event) => sync.hear(event.data));
    while (gates.length || asking) {
      gates.shift()?.();
      await settle();
    }
    sync.api = server.api(viewer);
    await sync.catchUp();

    assert.deepEqual(facts(store.entries()), truth(server, viewer));
    assert.deepEqual([store.lastChange, store.isBehind], [server.lastChange, false]);
  });
}
