import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { QuestionStore } from "../question_store.js";
import { QuestionSync } from "../question_sync.js";
import { Deferred, settle } from "./fake_clock.js";
import { message, world } from "./room_world.js";

test("while the socket is down messages come by polling, and polling ends when it is back", async (t) => {
  const { room, hello, server, store, seen, sockets, clock } = world(t);
  room.enter();
  await hello();

  const before = server.polls;
  sockets.at(-1).onclose({ code: 1012 });
  server.messages.push(message(2));
  await clock.pass(3_900);
  const early = server.polls;
  await clock.pass(2_100);
  const byPolling = [store.lastSeq, seen.words.at(-1)];
  await hello();
  const polls = server.polls;
  await clock.pass(15_000);

  assert.equal(early, before);
  assert.deepEqual(byPolling, [2, "polling"]);
  assert.equal(seen.words.at(-1), "live");
  assert.equal(server.polls, polls);
});

test("a socket that cannot be reached does not keep the reader waiting", async (t) => {
  const { room, server, store, clock, seen } = world(t);
  server.messages.push(message(2));

  room.enter();
  await clock.pass(5_500);

  assert.equal(store.lastSeq, 2);
  assert.equal(seen.words.at(-1), "polling");
});

test("while polling, the state is asked for every half minute", async (t) => {
  const { room, server, clock } = world(t);

  room.enter();
  await clock.pass(64_000);

  assert.equal(server.states, 2);
});

test("polling that bridged a failed catching-up ends when it has caught up", async (t) => {
  const { room, hello, server, store, clock, seen } = world(t);
  server.failure = 503;
  server.messages.push(message(2));
  room.enter();
  await hello();
  server.failure = null;
  await clock.pass(8_000);
  const polls = server.polls;
  await clock.pass(8_000);

  assert.deepEqual([store.lastSeq, seen.words.at(-1)], [2, "live"]);
  assert.equal(server.polls, polls);
});

test("each part is asked at its own pace while the socket is down, and once when it is back", async (t) => {
  const { room, hello, sockets, clock, server } = world(t);
  const asked = [];
  room.add({ name: "questions", everyMs: 5_000, catchUp: async (how) => void asked.push(how), expect: () => false });
  room.enter();
  await hello();
  sockets.at(-1).onclose({ code: 1006 });
  await clock.pass(4_900);
  const before = [server.polls, asked.length];

  await clock.pass(16_200);
  const polls = [server.polls - before[0], asked.length - before[1]];
  await hello(20, 5);
  await clock.pass(20_000);

  assert.deepEqual(before, [1, 1]);
  assert.deepEqual(polls, [9, 3]);
  assert.deepEqual(asked.map(({ lookBack }) => lookBack), [true, false, false, false, true]);
});

test("questions are asked for every 5 s while the socket is down, by attendees and by hosts", async (t) => {
  const gaps = [];
  for (const leads of [false, true]) {
    const { room, sockets, clock } = world(t);
    const times = [];
    const api = {
      get: async () => {
        times.push(clock.now());
        return { questions: [], lastChange: 0, votes: {} };
      },
    };
    room.add(new QuestionSync({ api, url: "questions", store: new QuestionStore({ leads }), onBehind: () => {} }));
    room.enter();
    sockets.at(-1).onclose({ code: 1006 });
    await clock.pass(20_000);
    gaps.push(times.slice(1).map((time, index) => (time - times[index]) / 1000));
  }

  assert.deepEqual(gaps, [[5, 5], [5, 5]]);
});

test("a part that keeps failing is retried alone, slower and slower, while the socket is open", async (t) => {
  const { room, hello, clock, server, seen } = world(t);
  const times = [];
  room.add({
    name: "questions",
    everyMs: 5_000,
    expect: () => false,
    catchUp: async () => {
      times.push(clock.now());
      throw new ApiError({ status: 500, code: "x", message: "" });
    },
  });
  room.enter();
  await hello(3600);
  const polls = server.polls;
  await clock.pass(70_000);

  assert.deepEqual(times.slice(1).map((time, index) => (time - times[index]) / 1000), [4, 8, 16, 32]);
  assert.deepEqual([server.polls - polls, seen.words.at(-1)], [0, "live"]);
});

/** Until the breaker is open: the server answered five times in a row with `failure`. */
async function inTrouble(t, failure) {
  const subject = world(t);
  const { room, sockets, server, clock, seen } = subject;
  room.enter();
  sockets.at(-1).onclose({ code: 1006 });
  server.failure = failure;
  for (let second = 0; second < 120 && seen.words.at(-1) !== "paused"; second += 1) await clock.pass(1_000);
  assert.equal(seen.words.at(-1), "paused");
  return subject;
}

/** Goes on until the socket is being connected, and greets it. */
async function greetedAgain({ clock, sockets, hello }) {
  while (!sockets.at(-1).onmessage) await clock.pass(100);
  await hello(3600);
}

test("a greeting lets one question through an open breaker; when that is answered, the others follow", async (t) => {
  const subject = await inTrouble(t, 503);
  const { server, clock, store, seen } = subject;
  server.failure = null;
  server.messages.push(message(2));

  await greetedAgain(subject);
  const atOnce = store.lastSeq;
  await clock.pass(4_000);

  assert.deepEqual([atOnce, seen.words.at(-1), seen.states], [2, "live", ["live"]]);
});

test("a greeting before a server that still fails costs it one question", async (t) => {
  const subject = await inTrouble(t, 503);
  const { server, clock } = subject;
  const attempts = server.attempts;

  await greetedAgain(subject);
  await clock.pass(50_000);

  assert.equal(server.attempts - attempts, 1);
});

test("what a hole left to be fetched is fetched also when the socket goes on after a break", async (t) => {
  const { room, hello, hear, server, store, sockets, clock, seen } = world(t);
  room.enter();
  await hello(3600);
  server.failure = 503;
  server.messages.push(message(2));
  hear(2, "webinar.state", {});
  await clock.pass(1_500);
  const polls = server.polls;

  sockets.at(-1).onclose({ code: 1006 });
  await clock.pass(1_600);
  await hello(3600, 2);
  server.failure = null;
  await clock.pass(6_000);

  assert.deepEqual([store.lastSeq, seen.states], [2, ["live", "live"]]);
  assert.deepEqual([server.polls - polls, seen.words.at(-1)], [1, "live"]);
});

test("a poll that fails after the socket is back is not repeated", async (t) => {
  const { room, hello, server, sockets, clock } = world(t);
  room.enter();
  await hello(3600);
  const held = new Deferred();
  room.add({ name: "slow", everyMs: 1_000, expect: () => false, catchUp: () => ((asked += 1), asked > 1 ? held.promise : null) });
  let asked = 0;
  await clock.pass(1_000);
  sockets.at(-1).onclose({ code: 1006 });
  sockets.at(-1).onmessage = null;
  while (asked < 2) await clock.pass(100);
  while (!sockets.at(-1).onmessage) await clock.pass(100);
  await hello(3600);

  held.reject(new ApiError({ status: 500, code: "x", message: "" }));
  const polls = server.polls;
  await clock.pass(60_000);

  assert.deepEqual([asked, server.polls - polls], [2, 0]);
});

test("a page that left and comes back asks for what it missed, wherever the socket begins", async (t) => {
  const { room, hello, server, sockets } = world(t);
  room.enter();
  await hello(3600, 7);
  const polls = server.polls;

  room.leave();
  room.enter();
  await hello(3600, 7);

  assert.deepEqual([server.polls - polls, sockets.at(-1).url.includes("epoch")], [1, false]);
});

test("a server that asked to be left alone is, whatever greets", async (t) => {
  const subject = await inTrouble(t, 429);
  const { server, clock } = subject;
  const attempts = server.attempts;

  await greetedAgain(subject);
  await clock.pass(30_000);

  assert.equal(server.attempts, attempts);
});

for (const [random, reconnectSeconds, seconds] of [[0, 30, 4], [1, 2, 6], [1, 30, 9]]) {
  test(`polling begins ${seconds} s after a loss at chance ${random} of a crowd that takes ${reconnectSeconds} s`, async (t) => {
    const { room, clock, sockets, server, seen } = world(t);
    room.enter();
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "hello", epoch: "e", seq: 0, heartbeatSeconds: 20, reconnectSeconds }) });
    await settle();
    const polls = server.polls;
    clock.chance = random;

    sockets.at(-1).onclose({ code: 1013 });
    await clock.pass(seconds * 1000 - 100);
    const before = [server.polls - polls, seen.words.at(-1)];
    await clock.pass(100);

    assert.deepEqual([before, server.polls - polls, seen.words.at(-1)], [[0, "reconnecting"], 1, "polling"]);
  });
}
