import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeClock, settle } from "../../../../webinars/static/webinars/tests/fake_clock.js";
import { StatisticsPoller } from "../statistics_poller.js";

const SECOND = 1_000;

/** `answers` are given in turn; an Error is thrown, the last one stays. */
function setUp(...answers) {
  const clock = new FakeClock();
  const seen = { asked: 0, answers: [], troubles: [] };
  const ask = async () => {
    const answer = answers[Math.min(seen.asked, answers.length - 1)];
    seen.asked += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const poller = new StatisticsPoller({
    ask,
    onAnswer: (answer) => seen.answers.push(answer),
    onTrouble: (error, { final }) => seen.troubles.push({ status: error.status, final }),
    clock,
  });
  return { clock, poller, seen };
}

const refusal = (status, retryAfterSeconds = null) => Object.assign(new Error("no"), { status, retryAfterSeconds });

test("asks when the server said to, and takes its word for the next time", async () => {
  const { clock, poller, seen } = setUp({ nextPollSeconds: 30 }, { nextPollSeconds: 10 });
  poller.start(10);

  await clock.pass(9 * SECOND);
  assert.equal(seen.asked, 0);
  await clock.pass(1 * SECOND);
  assert.equal(seen.asked, 1);
  await clock.pass(29 * SECOND);
  assert.equal(seen.asked, 1);
  await clock.pass(1 * SECOND);
  await clock.pass(10 * SECOND);
  assert.equal(seen.asked, 3);
});

test("asks nothing while hidden, and at once when seen again", async () => {
  const { clock, poller, seen } = setUp({ nextPollSeconds: 10 });
  poller.start(10);
  poller.setVisible(false);

  await clock.pass(600 * SECOND);
  assert.equal(seen.asked, 0);
  poller.setVisible(true);
  await settle();
  assert.equal(seen.asked, 1);
  assert.deepEqual(clock.waits, [10 * SECOND]);
});

test("an answer that comes while hidden starts no clock", async () => {
  const { clock, poller, seen } = setUp({ nextPollSeconds: 10 });
  poller.start(0);
  clock.pass(0);
  poller.setVisible(false);
  await settle();

  assert.deepEqual([seen.asked <= 1, clock.waits], [true, []]);
});

test("backs off while the server fails, and recovers", async () => {
  const { clock, poller, seen } = setUp(refusal(0), refusal(503), refusal(500), { nextPollSeconds: 10 });
  poller.start(0);

  await clock.pass(0);
  assert.deepEqual(clock.waits, [5 * SECOND]);
  await clock.pass(5 * SECOND);
  assert.deepEqual(clock.waits, [10 * SECOND]);
  await clock.pass(10 * SECOND);
  assert.deepEqual(clock.waits, [20 * SECOND]);
  await clock.pass(20 * SECOND);
  assert.deepEqual([seen.answers.length, clock.waits], [1, [10 * SECOND]]);
  assert.ok(seen.troubles.every(({ final }) => !final));
});

test("obeys Retry-After when it is longer", async () => {
  const { clock, poller } = setUp(refusal(429, 45));
  poller.start(0);

  await clock.pass(0);
  assert.deepEqual(clock.waits, [45 * SECOND]);
});

for (const status of [401, 403, 404, 410]) {
  test(`stops after ${status}, for good`, async () => {
    const { clock, poller, seen } = setUp(refusal(status));
    poller.start(0);

    await clock.pass(0);
    poller.setVisible(false);
    poller.setVisible(true);
    await clock.pass(600 * SECOND);

    assert.deepEqual([seen.asked, clock.waits, seen.troubles], [1, [], [{ status, final: true }]]);
  });
}
