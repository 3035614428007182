import assert from "node:assert/strict";
import { test } from "node:test";

import { RoomSocket, reconnectWait } from "../socket.js";
import { Deferred, FakeClock, settle } from "./fake_clock.js";

function world({ random = 0.5, renew = async () => "renewed", lost = false } = {}) {
  const clock = new FakeClock({ random });
  const log = { events: [], gaps: [], states: [], renewals: 0 };
  const sockets = [];
  class FakeSocket {
    constructor(url, protocols) {
      Object.assign(this, { url, protocols, closed: false, sent: [] });
      sockets.push(this);
    }

    close() {
      this.closed = true;
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    hear(frame) {
      this.onmessage({ data: JSON.stringify(frame) });
    }

    hello(seq = 0, epoch = "e1", more = {}) {
      this.hear({ type: "hello", epoch, seq, serverTime: "", heartbeatSeconds: 20, ...more });
    }
  }
  const pass = {
    token: "pass-1",
    lost,
    renew: (used) => ((log.renewals += 1), renew(used)),
  };
  const socket = new RoomSocket({
    url: (heard) => (heard ? `ws://room/?${heard.epoch}:${heard.seq}` : "ws://room/"),
    pass,
    clock,
    WebSocket: FakeSocket,
    onEvents: (events) => log.events.push(...events),
    onGap: (why) => log.gaps.push(why),
    onState: (state, detail) => log.states.push([state, detail]),
  });
  return { clock, log, sockets, socket, pass, last: () => sockets.at(-1) };
}

const event = (seq) => ({ seq, type: "message.created", data: { seq } });

test("coming back it says what it heard, and where the server goes on there is nothing to ask", async () => {
  const { socket, last, log, clock } = world();
  socket.start();
  last().hello(7);
  last().hear({ type: "events", events: [event(8)] });

  last().onclose({ code: 1006 });
  await clock.pass(5_000);
  last().hello(8);
  last().hear({ type: "events", events: [event(9)] });

  assert.equal(last().url, "ws://room/?e1:8");
  assert.deepEqual(log.gaps, ["connected"]);
  assert.deepEqual(log.events.map(({ seq }) => seq), [8, 9]);
});

for (const [what, code, seq, epoch] of [["begins later", 1006, 12, "e1"], ["counts anew", 1006, 8, "e2"], ["had lost Redis", 1013, 8, "e1"]]) {
  test(`coming back to a server that ${what}, it asks for what was missed`, async () => {
    const { socket, last, log, clock } = world();
    socket.start();
    last().hello(8);

    last().onclose({ code });
    await clock.pass(5_000);
    last().hello(seq, epoch);

    assert.equal(last().url, code === 1013 ? "ws://room/" : "ws://room/?e1:8");
    assert.deepEqual(log.gaps, ["connected", "connected"]);
  });
}

test("it offers the protocol and the pass, and asks for what was missed once it is greeted", () => {
  const { socket, last, log } = world();

  socket.start();
  last().hello(7);

  assert.deepEqual(last().protocols, ["eventflow.v1", "bearer.pass-1"]);
  assert.deepEqual(log.gaps, ["connected"]);
  assert.deepEqual(log.states.map(([state]) => state), ["connecting", "open"]);
});

test("events pass in order and once; a hole is told after the events that were there", () => {
  const { socket, last, log } = world();
  socket.start();
  last().hello(7);

  last().hear({ type: "events", events: [event(8), event(9)] });
  last().hear({ type: "events", events: [event(9), event(12)] });

  assert.deepEqual(log.events.map(({ seq }) => seq), [8, 9, 12]);
  assert.deepEqual(log.gaps, ["connected", "hole"]);
});

test("what is meant for this person alone has no number and passes at its place", () => {
  const { socket, last, log } = world();
  const personal = { seq: null, type: "member.muted", data: { until: null } };
  socket.start();
  last().hello(7);

  last().hear({ type: "events", events: [event(8), personal, event(9)] });
  last().hear({ type: "events", events: [personal] });

  assert.deepEqual(log.events.map(({ seq }) => seq), [8, null, 9, null]);
  assert.deepEqual(log.gaps, ["connected"]);
});

test("a greeting on an open socket says that the count begins anew, and events count on from it", () => {
  const { socket, last, log } = world();
  socket.start();
  last().hello(7);

  last().hello(2, "e2");
  last().hear({ type: "events", events: [event(3)] });

  assert.deepEqual(log.gaps, ["connected", "anew"]);
  assert.deepEqual(log.events.map(({ seq }) => seq), [3]);
});

test("a renewed pass is told to the open socket once, and to one that was greeted meanwhile", () => {
  const { socket, last, pass } = world();
  socket.tellPass();
  socket.start();

  pass.token = "pass-2";
  socket.tellPass();
  const beforeGreeting = [...last().sent];
  last().hello();
  socket.tellPass();
  pass.token = "pass-3";
  socket.tellPass();

  assert.deepEqual(beforeGreeting, []);
  assert.deepEqual(last().sent, [{ type: "pass", pass: "pass-2" }, { type: "pass", pass: "pass-3" }]);
});

test("a socket that fell silent while the machine slept is not waited for", async () => {
  const { socket, last, log, clock, sockets } = world();
  socket.start();
  last().hello();
  socket.wake();
  const awake = log.states.at(-1)[0];

  clock.sleep(3_600_000);
  socket.wake();
  await clock.pass(2_000);

  assert.equal(awake, "open");
  assert.equal(sockets.length, 2);
});

test("a heartbeat that is ahead, or of another epoch, says that something was missed", () => {
  const { socket, last, log } = world();
  socket.start();
  last().hello(7);

  last().hear({ type: "heartbeat", epoch: "e1", seq: 7 });
  last().hear({ type: "heartbeat", epoch: "e1", seq: 9 });
  last().hear({ type: "heartbeat", epoch: "e2", seq: 0 });

  assert.deepEqual(log.gaps, ["connected", "behind", "behind"]);
});

test("silence half a heartbeat beyond the next one is a dead socket", async () => {
  const { socket, last, log, clock } = world();
  socket.start();
  last().hello();

  await clock.pass(29_999);
  const before = log.states.at(-1)[0];
  await clock.pass(1);

  assert.equal(before, "open");
  assert.equal(log.states.at(-1)[0], "waiting");
  assert.equal(last().closed, true);
});

test("a server that accepts but never greets is left after ten seconds", async () => {
  const { socket, log, clock } = world();
  socket.start();

  await clock.pass(10_000);

  assert.equal(log.states.at(-1)[0], "waiting");
});

test("the first wait is spread over what the server says; the next ones grow to thirty seconds", () => {
  const waits = (random, firstMs) => [0, 1, 2, 3, 4, 9].map((attempt) => reconnectWait(new FakeClock({ random }), attempt, firstMs));

  assert.deepEqual(waits(0), [1000, 1000, 1000, 1000, 1000, 1000]);
  assert.deepEqual(waits(1), [2000, 4000, 8000, 16000, 30000, 30000]);
  assert.deepEqual(waits(1, 7_000), [7000, 14000, 28000, 30000, 30000, 30000]);
  assert.deepEqual(waits(1, 500), [2000, 4000, 8000, 16000, 30000, 30000]);
});

for (const code of [1006, 1012, 1013]) {
  test(`after ${code} the page comes back within what the greeting or a heartbeat said last`, () => {
    const { socket, last, log } = world({ random: 1 });
    socket.start();
    last().hello(0, "e1", { reconnectSeconds: 4 });
    last().hear({ type: "heartbeat", epoch: "e1", seq: 0, reconnectSeconds: 9 });

    last().onclose({ code });

    assert.deepEqual(log.states.at(-1), ["waiting", { milliseconds: 9_000 }]);
  });
}

test("attempts count up until a connection has held for a while", async () => {
  const { socket, last, log, clock } = world({ random: 1 });
  const waits = () => log.states.filter(([state]) => state === "waiting").map(([, { milliseconds }]) => milliseconds);
  socket.start();

  last().onclose({ code: 1012 });
  await clock.pass(2_000);
  last().hello();
  last().onclose({ code: 1012 });
  await clock.pass(4_000);
  last().hello();
  await clock.pass(11_000);
  last().onclose({ code: 1006 });

  assert.deepEqual(waits(), [2_000, 4_000, 2_000]);
});

test("a refused pass is renewed before the next attempt", async () => {
  const { socket, last, log, clock, pass, sockets } = world({ renew: async () => (pass.token = "pass-2") });
  socket.start();

  last().onclose({ code: 4401 });
  await clock.pass(2_000);

  assert.equal(log.renewals, 1);
  assert.equal(sockets.length, 2);
  assert.deepEqual(last().protocols, ["eventflow.v1", "bearer.pass-2"]);
});

test("a pass that is lost for good ends it", async () => {
  const { socket, last, log, clock, sockets } = world({ renew: async () => { throw new Error("403"); }, lost: true });
  socket.start();

  last().onclose({ code: 4401 });
  await clock.pass(60_000);

  assert.deepEqual(log.states.at(-1), ["stopped", { code: 4401 }]);
  assert.equal(sockets.length, 1);
});

for (const [outcome, settled] of [["came late", (renewal) => renewal.resolve("pass-2")], ["failed", (renewal) => renewal.reject(new Error("network"))]]) {
  test(`after leaving, a renewal that ${outcome} does not bring the socket back`, async () => {
    const renewal = new Deferred();
    const { socket, last, log, clock, sockets } = world({ renew: () => renewal.promise });
    socket.start();
    last().onclose({ code: 4401 });

    socket.stop();
    settled(renewal);
    await clock.pass(60_000);

    assert.equal(sockets.length, 1);
    assert.equal(log.states.at(-1)[0], "stopped");
  });

  test(`a renewal that ${outcome} leaves alone the socket that was opened meanwhile`, async () => {
    const renewal = new Deferred();
    const { socket, last, log, clock, sockets } = world({ renew: () => renewal.promise });
    socket.start();
    last().onclose({ code: 4401 });
    socket.hurry();
    last().hello(0, "e1", { heartbeatSeconds: 3600 });

    settled(renewal);
    await clock.pass(60_000);

    assert.equal(sockets.length, 2);
    assert.equal(log.states.at(-1)[0], "open");
  });
}

for (const code of [4403, 4404]) {
  test(`${code} is final`, async () => {
    const { socket, last, log, clock, sockets } = world();
    socket.start();

    last().onclose({ code });
    await clock.pass(120_000);

    assert.deepEqual(log.states.at(-1), ["stopped", { code }]);
    assert.equal(sockets.length, 1);
  });
}

test("the network's return cuts the wait short", async () => {
  const { socket, last, sockets } = world();
  socket.start();
  last().onclose({ code: 1006 });

  socket.hurry();
  await settle();

  assert.equal(sockets.length, 2);
});

test("after leaving, nothing that the old socket says is heard", async () => {
  const { socket, last, log, clock, sockets } = world();
  socket.start();
  last().hello();

  socket.stop();
  await clock.pass(120_000);

  assert.equal(last().onmessage, null);
  assert.equal(sockets.length, 1);
  assert.equal(log.states.at(-1)[0], "stopped");
});
