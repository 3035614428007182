import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { MessageStore } from "../message_store.js";
import { MessageSync } from "../message_sync.js";
import { Room } from "../room.js";
import { FakeClock, settle } from "./fake_clock.js";

const message = (seq) => ({ id: `m${seq}`, seq, body: "", authorId: "u", authorName: "", isHost: false, createdAt: "", clientId: `c${seq}`, deleted: false });

/** A room against a server whose messages, sockets and health the test moves. */
function world(t, { pageId, since } = {}) {
  const clock = new FakeClock();
  t.mock.method(Date, "now", () => clock.now());
  const server = { messages: [message(1)], failure: null, attempts: 0, polls: 0, states: 0, state: "live" };
  const sockets = [];
  const told = { pass: null, wakes: 0 };
  let numbers = 0;
  class FakeSocket {
    constructor(url) {
      Object.assign(this, { url, sent: [] });
      sockets.push(this);
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    close() {}
  }
  const api = {
    get: async (url) => {
      server.attempts += 1;
      if (server.failure) throw new ApiError({ status: server.failure, code: "x", message: "" });
      if (url === "state") {
        server.states += 1;
        const state = { state: server.state, currentParticipants: 3 };
        server.whileAsked?.();
        return state;
      }
      server.polls += 1;
      const after = Number(new URL(url, "http://x").searchParams.get("after"));
      return { messages: server.messages.filter(({ seq }) => seq > after), lastSeq: 0 };
    },
  };
  const store = new MessageStore();
  store.seed([message(1)]);
  const seen = { words: [], events: [], states: [] };
  const pass = { token: "p", lost: false, renew: async () => "p", subscribe: (listener) => (told.pass = listener), wake: () => (told.wakes += 1) };
  const sync = new MessageSync({ api, url: "messages", store });
  const room = new Room({
    socketUrl: "ws://x/",
    pageId,
    since,
    stateUrl: "state",
    api,
    pass,
    clock,
    WebSocket: FakeSocket,
  });
  room.add({ name: "chat", everyMs: 2_000, catchUp: (how) => sync.catchUp(how), expect: ({ lastSeq }) => lastSeq > store.lastSeq });
  room.on("connection", ({ name, sentence }) => {
    if (seen.words.at(-1) !== name) seen.words.push(name);
    seen.sentence = sentence;
  });
  room.on("webinar.state", (_, { type }) => seen.events.push(type));
  room.on("state", (snapshot) => seen.states.push(snapshot.state));
  const hello = async (heartbeatSeconds = 20) => {
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "hello", epoch: "e", seq: 0, heartbeatSeconds }) });
    await settle();
  };
  const hear = (seq, type, data) =>
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "events", events: [{ seq, type, data }] }) });
  const counted = (lastSeq) => hear((numbers += 1), "presence.count", { count: 3, state: "live", lastSeq });
  return { clock, server, sockets, store, seen, room, hello, hear, counted, told };
}

test("a greeted socket is live, and what was missed before it is fetched", async (t) => {
  const { room, hello, server, store, seen } = world(t);
  server.messages.push(message(2), message(3));

  room.enter();
  await hello();

  assert.deepEqual(seen.words, ["reconnecting", "live"]);
  assert.equal(store.lastSeq, 3);
  assert.deepEqual(seen.states, ["live"]);
});

test("an answer that the socket overtook is not shown, and the state is asked for again", async (t) => {
  const { room, hello, server, sockets, seen } = world(t);
  server.state = "scheduled";
  server.whileAsked = () => {
    server.whileAsked = null;
    server.state = "live";
    const events = [{ seq: 1, type: "webinar.state", data: { state: "live" } }];
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "events", events }) });
  };

  room.enter();
  await hello();

  assert.deepEqual(seen.events, ["webinar.state"]);
  assert.deepEqual(seen.states, ["live"]);
  assert.equal(server.states, 2);
});

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

test("a refusal while catching up pauses the page and says why", async (t) => {
  const { room, hello, server, seen, sockets, clock } = world(t);
  server.failure = 403;

  room.enter();
  await hello();
  await clock.pass(120_000);

  assert.equal(seen.words.at(-1), "paused");
  assert.match(seen.sentence, /no longer/);
  assert.equal(sockets.length, 1);
});

test("a page that was replaced is silent until it is taken back", async (t) => {
  const { room, hello, seen, sockets, clock, server } = world(t);
  room.enter();
  await hello();
  const polls = server.polls;

  room.leave({ superseded: true });
  await clock.pass(120_000);
  const meanwhile = [sockets.length, server.polls - polls, seen.words.at(-1)];
  room.enter();
  await hello();

  assert.deepEqual(meanwhile, [1, 0, "paused"]);
  assert.equal(seen.words.at(-1), "live");
});

test("a message that was lost before it was sent is fetched a moment after the count tells of it", async (t) => {
  const { room, hello, counted, server, store, clock } = world(t);
  room.enter();
  await hello();
  server.messages.push(message(2));

  counted(2);
  counted(2);
  await clock.pass(1_900);
  const early = store.lastSeq;
  const polls = server.polls;
  await clock.pass(2_200);

  assert.deepEqual([early, store.lastSeq], [1, 2]);
  assert.equal(server.polls, polls + 1);
});

test("a message that was on the way is not asked for", async (t) => {
  const { room, hello, counted, server, store, clock } = world(t);
  room.enter();
  await hello();
  const polls = server.polls;

  counted(2);
  store.add([message(2)]);
  await clock.pass(10_000);

  assert.equal(server.polls, polls);
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

test("a page says who it is and since when, also when it is taken back; a console does not", async (t) => {
  const { room, sockets, clock } = world(t, { pageId: "page-one", since: 1000 });
  const without = world(t);

  room.enter();
  sockets.at(-1).onclose({ code: 1012 });
  await clock.pass(2_000);
  room.leave({ superseded: true });
  room.enter({ since: 5000 });
  without.room.enter();

  const before = "ws://x/?page=page-one&since=1000";
  assert.deepEqual(sockets.map(({ url }) => url), [before, before, "ws://x/?page=page-one&since=5000"]);
  assert.equal(without.sockets[0].url, "ws://x/");
});

test("every part hears, and whoever stopped listening does not", async (t) => {
  const { room, hello, hear } = world(t);
  const heard = [];
  const end = room.on("notice.set", ({ text }) => heard.push(`one ${text}`));
  room.on("notice.set", ({ text }, { seq }) => heard.push(`two ${text} ${seq}`));
  room.enter();
  await hello();

  hear(1, "notice.set", { text: "a" });
  end();
  hear(2, "notice.set", { text: "b" });
  hear(3, "something.unknown", {});

  assert.deepEqual(heard, ["one a", "two a 1", "two b 2"]);
});

test("whoever is banned leaves at once and for good, with the reason", async (t) => {
  const { room, hello, hear, seen, sockets, server, clock } = world(t);
  const stopped = [];
  room.on("stopped", (status) => stopped.push(status));
  room.enter();
  await hello();
  const asked = server.polls;

  hear(null, "member.banned", {});
  await clock.pass(120_000);

  assert.deepEqual([seen.words.at(-1), seen.sentence], ["paused", "You can no longer take part in this webinar."]);
  assert.deepEqual([stopped, sockets.length, server.polls], [[403], 1, asked]);
});

for (const [code, sentence] of [
  [4403, "You can no longer take part in this webinar."],
  [4404, "This webinar is not available any more."],
]) {
  test(`${code} is the end, with a sentence`, async (t) => {
    const { room, hello, seen, sockets, clock } = world(t);
    room.enter();
    await hello();

    sockets.at(-1).onclose({ code });
    await clock.pass(120_000);

    assert.deepEqual([seen.words.at(-1), seen.sentence, sockets.length], ["paused", sentence, 1]);
  });
}

test("a renewed pass is told to the socket; a lost one ends it, with what to do", async (t) => {
  const { room, hello, told, sockets, seen, clock } = world(t);
  room.enter();
  await hello();

  room.pass.token = "q";
  told.pass("valid");
  const sent = sockets[0].sent;
  told.pass("lost", new ApiError({ status: 401, code: "bad_pass", message: "" }));
  await clock.pass(120_000);

  assert.deepEqual(sent, [{ type: "pass", pass: "q" }]);
  assert.match(seen.sentence, /Reload the page/);
  assert.equal(sockets.length, 1);
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
  await hello();
  await clock.pass(20_000);

  assert.deepEqual(before, [1, 1]);
  assert.deepEqual(polls, [9, 3]);
  assert.deepEqual(asked.map(({ lookBack }) => lookBack), [true, false, false, false, true]);
});

test("a part that misses something is asked for in a moment, once, and alone", async (t) => {
  const { room, hello, clock, server } = world(t);
  let asked = 0;
  room.add({ name: "questions", everyMs: 5_000, catchUp: async () => void (asked += 1), expect: () => false });
  room.enter();
  await hello();
  const polls = server.polls;

  room.fill("questions");
  room.fill("questions");
  const atOnce = asked;
  await clock.pass(2_000);

  assert.deepEqual([atOnce, asked, server.polls - polls], [1, 2, 0]);
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

test("on waking the pass and the socket are looked after, but not those of a page that left", async (t) => {
  const { room, hello, told, clock, sockets } = world(t);
  room.enter();
  await hello();

  clock.sleep(3_600_000);
  room.wake();
  await clock.pass(2_000);
  const after = [told.wakes, sockets.length];
  room.leave();
  room.wake();

  assert.deepEqual(after, [1, 2]);
  assert.equal(told.wakes, 1);
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
