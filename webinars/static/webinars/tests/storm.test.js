import assert from "node:assert/strict";
import { test } from "node:test";

import { crowd, perStretch } from "./crowd.js";

for (const [pages, code, goesOn] of [[2_000, 1012, true], [1_000, 1006, false], [5_000, 1012, true]]) {
  const asking = goesOn ? "ask for nothing" : "catch up once";
  test(`${pages} pages that lose the socket at once (${code}) come back spread out, ${asking}, and do not poll`, async (t) => {
    const reconnectSeconds = pages / 300;
    const { clock, server, rooms, words, loseAll } = crowd(t, { pages, seed: pages + code, reconnectSeconds });
    rooms.forEach((room) => room.enter());
    await clock.pass(15_000);
    const lost = clock.seconds;
    const [handshakes, requests] = [server.handshakes.length, server.requests.length];

    if (!goesOn) server.seq = 1_000;
    loseAll(code);
    await clock.pass((reconnectSeconds + 1) * 1000);

    const back = server.handshakes.slice(handshakes).map((time) => time - lost);
    const seconds = perStretch(back, { from: 0, to: reconnectSeconds + 1, width: 1 });
    const share = pages / (reconnectSeconds - 1);
    assert.equal(back.length, pages);
    assert.equal(seconds[0], 0);
    assert.ok(Math.max(...seconds) <= 1.5 * share, `${seconds} of ${share}`);
    assert.equal(words.every((word) => word === "live"), true);
    const perPage = (server.requests.length - requests) / pages;
    const asked = goesOn ? 0 : 3; // the chat, the questions and the state; and few polls before
    assert.ok(perPage >= asked && perPage < asked + 3, `${perPage} requests a page`);
  });
}

test("while no socket can be had, the number of requests does not grow with time", async (t) => {
  const { clock, server, rooms, words } = crowd(t, { pages: 1_000, seed: 7 });
  server.sockets = false;

  rooms.forEach((room) => room.enter());
  await clock.pass(10_000);
  const polling = words.filter((word) => word === "polling").length;
  await clock.pass(110_000);

  const stretches = (times) => perStretch(times, { from: 30, to: 120, width: 30 });
  const requests = stretches(server.requests);
  const handshakes = stretches(server.handshakes);
  const expected = 1_000 * (30 / 2 + 30 / 5 + 30 / 30);
  assert.equal(polling, 1_000);
  for (const count of requests) assert.ok(Math.abs(count / expected - 1) < 0.03, `${requests} of ${expected}`);
  for (const count of handshakes) assert.ok(count < (1_000 * 30) / 14, `${handshakes}`);
});

for (const answer of [503, "timeout", 429]) {
  test(`while the server answers ${answer}, it is asked less and less, once a minute at the end, and found again when it is back`, async (t) => {
    const pages = 400;
    const { clock, server, rooms, words } = crowd(t, { pages, seed: 11 });
    Object.assign(server, { sockets: false, answer });

    rooms.forEach((room) => room.enter());
    await clock.pass(240_000);
    const minutes = perStretch(server.requests, { from: 0, to: 240, width: 60 }).map((count) => count / pages);
    const paused = words.filter((word) => word === "paused").length;
    server.answer = null;
    const returned = clock.seconds;
    await clock.pass(75_000);

    const seconds = perStretch(server.requests, { from: returned, to: returned + 60, width: 1 });
    assert.ok(minutes[0] <= 6 && minutes[1] <= minutes[0], `${minutes}`);
    assert.ok(minutes[2] < 1.7 && minutes[3] < 1.2, `${minutes}`);
    assert.equal(paused, pages);
    assert.equal(words.every((word) => word === "polling"), true);
    assert.ok(Math.max(...seconds) < pages, `${seconds}`);
  });
}

test("a greeting that begins the count anew does not make the whole room ask in the same moment", async (t) => {
  const { clock, server, rooms } = crowd(t, { pages: 2_000, seed: 5 });
  rooms.forEach((room) => room.enter());
  await clock.pass(15_000);
  const before = clock.seconds;

  for (const socket of server.open) {
    socket.onmessage({ data: JSON.stringify({ type: "hello", epoch: "e2", seq: 0, heartbeatSeconds: 3600 }) });
  }
  await clock.pass(3_000);

  const stretches = perStretch(server.requests, { from: before, to: before + 2.1, width: 0.3 });
  assert.equal(stretches.reduce((a, b) => a + b), 6_000);
  assert.ok(Math.max(...stretches) <= (1.5 * 6_000) / 7, `${stretches}`);
});
