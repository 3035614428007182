import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, canSort, ordered } from "../question_order.js";

const entry = (seq, more = {}) => ({ key: `q${seq}`, seq, status: "published", votes: 0, pinned: false, mine: false, changedSeq: seq, answeredAt: null, ...more });
const keys = (entries, filter, sort) => ordered(entries, filter, sort).map(({ key }) => key);

test("what is pinned comes first, then own questions that wait, then the most voted, the older first", () => {
  const entries = [
    entry(1, { votes: 2 }),
    entry(2, { votes: 9 }),
    entry(3, { votes: 2 }),
    entry(4, { pinned: true }),
    entry(5, { status: "pending", mine: true }),
    entry(6, { status: "pending" }),
    entry(7, { status: "answered", votes: 20 }),
  ];

  assert.deepEqual(keys(entries, "open", "votes"), ["q4", "q5", "q2", "q1", "q3"]);
});

test("by time the newest comes first, and before it what is on its way", () => {
  const sending = entry(null, { key: "c1", status: "pending", mine: true });

  assert.deepEqual(keys([entry(1, { votes: 5 }), sending, entry(2)], "open", "time"), ["c1", "q2", "q1"]);
});

test("the queue of hosts begins with the oldest, whoever asked", () => {
  const entries = [entry(3, { status: "pending" }), entry(1, { status: "pending", mine: true }), entry(2)];

  assert.deepEqual(keys(entries, "waiting", "votes"), ["q1", "q3"]);
});

test("answers come by their votes or by when they were given, and the archive by what was put away last", () => {
  const answered = (seq, votes, answeredAt) => entry(seq, { status: "answered", votes, answeredAt });
  const entries = [
    answered(1, 1, "2026-03-02T10:09:00Z"),
    answered(2, 5, "2026-03-02T10:01:00Z"),
    entry(3, { status: "archived", changedSeq: 12 }),
    entry(4, { status: "archived", changedSeq: 14 }),
  ];

  assert.deepEqual(keys(entries, "answered", "votes"), ["q2", "q1"]);
  assert.deepEqual(keys(entries, "answered", "time"), ["q1", "q2"]);
  assert.deepEqual(keys(entries, "archived", "votes"), ["q4", "q3"]);
  assert.deepEqual(["waiting", "open", "answered", "archived"].filter(canSort), ["open", "answered"]);
});

/** As much of an element's children as moving them takes, with a record of what was moved. */
class Children {
  constructor(names) {
    this.moved = [];
    this.items = names.map((name) => ({ name }));
    for (const item of this.items) Object.defineProperty(item, "nextElementSibling", { get: () => this.items[this.items.indexOf(item) + 1] ?? null });
  }

  get firstElementChild() {
    return this.items[0] ?? null;
  }

  insertBefore(item, place) {
    this.items.splice(this.items.indexOf(item), 1);
    this.items.splice(place ? this.items.indexOf(place) : this.items.length, 0, item);
    this.moved.push(item.name);
  }

  append(item) {
    this.insertBefore(item, null);
  }

  named(names) {
    return names.map((name) => this.items.find((item) => item.name === name));
  }

  get names() {
    return this.items.map(({ name }) => name);
  }
}

test("arranging moves little, and nothing when the order is right", () => {
  const list = new Children(["a", "b", "c", "d"]);

  arrange(list, list.named(["a", "b", "c", "d"]));
  const before = [...list.moved];
  arrange(list, list.named(["d", "a", "b", "c"]));

  assert.deepEqual(before, []);
  assert.deepEqual(list.names, ["d", "a", "b", "c"]);
  assert.deepEqual(list.moved, ["d"]);
});

test("what has the focus is never moved, wherever it has to go", () => {
  const names = ["a", "b", "c", "d", "e"];
  for (const anchor of names) {
    for (const wanted of [["e", "d", "c", "b", "a"], ["c", "a", "e", "b", "d"], ["b", "c", "d", "e", "a"]]) {
      const list = new Children(names);

      arrange(list, list.named(wanted), list.named([anchor])[0]);

      assert.deepEqual([list.names, list.moved.includes(anchor)], [wanted, false]);
    }
  }
});
