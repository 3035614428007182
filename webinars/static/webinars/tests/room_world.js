/** A room with one chat against a server whose messages, sockets and health the test moves. */
import { ApiError } from "../api_client.js";
import { MessageStore } from "../message_store.js";
import { MessageSync } from "../message_sync.js";
import { Room } from "../room.js";
import { FakeClock, settle } from "./fake_clock.js";

export const message = (seq) => ({ id: `m${seq}`, seq, body: "", authorId: "u", authorName: "", isHost: false, createdAt: "", clientId: `c${seq}`, deleted: false });

export function world(t, { pageId, since } = {}) {
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
  const hello = async (heartbeatSeconds = 20, seq = 0) => {
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "hello", epoch: "e", seq, heartbeatSeconds }) });
    await settle();
  };
  const hear = (seq, type, data) =>
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "events", events: [{ seq, type, data }] }) });
  const counted = (lastSeq) => hear((numbers += 1), "presence.count", { count: 3, state: "live", lastSeq });
  return { clock, server, sockets, store, seen, room, hello, hear, counted, told };
}
