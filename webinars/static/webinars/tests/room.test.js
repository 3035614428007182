import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { describeConnection } from "../connection.js";
import { MessageStore } from "../message_store.js";
import { MessageSync } from "../message_sync.js";
import { Room } from "../room.js";
import { FakeClock, settle } from "./fake_clock.js";

const message = (seq) => ({ id: `m${seq}`, seq, body: "", authorId: "u", authorName: "", isHost: false, createdAt: "", clientId: `c${seq}`, deleted: false });

/** A room against a server whose messages, sockets and health the test moves. */
function world(t) {
  const clock = new FakeClock();
  t.mock.method(Date, "now", () => clock.now());
  const server = { messages: [message(1)], failure: null, polls: 0, states: 0, state: "live" };
  const sockets = [];
  const told = { pass: null, wakes: 0 };
  let numbers = 0;
  class FakeSocket {
    constructor() {
      sockets.push(this);
    }

    close() {}
  }
  const api = {
    get: async (url) => {
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
  const hello = async () => {
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "hello", epoch: "e", seq: 0, heartbeatSeconds: 20 }) });
    await settle();
  };
  const counted = (lastSeq) => {
    const event = { seq: (numbers += 1), type: "presence.count", data: { count: 3, state: "live", lastSeq } };
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "events", events: [event] }) });
  };
  return { clock, server, sockets, store, seen, room, hello, counted, told };
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

test("the four words", () => {
  const name = (facts) => describeConnection({ socket: "waiting", polling: "off", ...facts }).name;

  assert.equal(name({ socket: "open" }), "live");
  assert.equal(name({}), "reconnecting");
  assert.equal(name({ polling: "failing" }), "reconnecting");
  assert.equal(name({ polling: "ok" }), "polling");
  assert.equal(name({ polling: "open" }), "paused");
  assert.equal(name({ socket: "open", online: false }), "paused");
  assert.equal(name({ socket: "open", superseded: true }), "paused");
  assert.equal(name({ polling: "ok", stopStatus: 410 }), "paused");
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
