import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { QuestionActions, refusalSentence } from "../question_actions.js";
import { QuestionStore } from "../question_store.js";
import { Deferred, settle } from "./fake_clock.js";
import { QuestionServer } from "./question_server.js";

const away = new ApiError({ status: 0, code: "network", message: "" });

/** Somebody's acts against a server whose answers the test may hold back or refuse: `gates` and `refusals`, in order. */
function world({ user = "me", leads = false } = {}) {
  const server = new QuestionServer();
  const store = new QuestionStore({ me: user, leads });
  const [calls, said, gates, refusals] = [[], [], [], []];
  const seen = (id) => server.answer("q?after=0&limit=200", { user, leads }).questions.find((question) => question.id === id);
  const find = (url) => server.questions.find(({ id }) => id === url.split("/")[1]);
  async function answer(method, url, body) {
    calls.push(`${method} ${url}`);
    const refusal = refusals.shift();
    if (refusal) throw refusal;
    const result = act(method, url, body);
    await gates.shift()?.promise;
    return result;
  }
  function act(method, url, body) {
    if (url === "questions") return { question: asked(body) };
    const question = find(url);
    if (url.endsWith("upvote")) return server.vote(question, user, method === "POST");
    if (url.endsWith("answer")) server.set(question, method === "POST" ? answered(body) : { status: "published", answer: "", answeredLive: false, answeredAt: null });
    else if ("is_pinned" in body) server.set(question, { pinned: body.is_pinned });
    else if (body.status === "published") server.set(question, { status: "published", publishedAt: "2026-03-02T10:01:00Z" });
    else server.set(question, body);
    return { question: seen(question.id) };
  }
  const answered = ({ text, live }) => ({ status: "answered", answer: text ?? "", answeredLive: Boolean(live), answeredAt: "2026-03-02T10:05:00Z", publishedAt: "2026-03-02T10:01:00Z" });
  const byClient = new Map();
  function asked({ body, client_id: clientId, is_anonymous: isAnonymous }) {
    if (!byClient.has(clientId)) byClient.set(clientId, server.ask({ by: user, name: "Me", body, isAnonymous }).id);
    return seen(byClient.get(clientId));
  }
  const api = {
    post: (url, body) => answer("POST", url, body),
    patch: (url, body) => answer("PATCH", url, body),
    delete: (url) => answer("DELETE", url),
  };
  const actions = new QuestionActions({ api, url: "questions", store, authorName: "Me", say: (sentence, { undo = null } = {}) => said.push({ sentence, undo }) });
  const known = () => store.caughtUp(server.answer("q?after=0&limit=200", { user, leads }));
  const shown = () => store.entries().map(({ key, state, status }) => [key, state, status]);
  return { server, store, actions, calls, said, gates, refusals, known, shown };
}

test("a question shows at once, waits, and can be withdrawn", async () => {
  const { actions, shown, said } = world();

  const asking = actions.ask({ clientId: "c1", body: "when?", isAnonymous: false });
  const before = shown();
  await asking;
  const after = shown();
  await actions.withdraw("q1");

  assert.deepEqual([before, after, shown()], [[["c1", "sending", "pending"]], [["c1", "stored", "pending"]], []]);
  assert.deepEqual(said.map(({ sentence }) => sentence), ["Withdrawn."]);
});

test("a question whose answer was lost is the same question when it is sent again", async () => {
  const { server, actions, shown, gates } = world();
  const lost = new Deferred();
  gates.push(lost);

  const asking = actions.ask({ clientId: "c1", body: "when?", isAnonymous: true });
  lost.reject(away);
  await asking;
  const failed = shown();
  await actions.resend("c1");

  assert.deepEqual([failed, shown()], [[["c1", "failed", "pending"]], [["c1", "stored", "pending"]]]);
  assert.equal(server.questions.length, 1);
});

test("a question on its way is not sent a second time", async () => {
  const { actions, calls } = world();

  const asking = actions.ask({ clientId: "c1", body: "when?", isAnonymous: false });
  actions.resend("c1");
  await asking;
  actions.resend("c1");

  assert.deepEqual(calls, ["POST questions"]);
});

test("whoever presses the vote fast ends with what they pressed last, one call at a time", async () => {
  const { server, store, actions, calls, gates, known } = world();
  server.ask({ status: "published" });
  known();
  const gate = new Deferred();
  gates.push(gate);

  const voting = actions.vote("q1");
  actions.vote("q1");
  actions.vote("q1");
  actions.vote("q1");
  const meanwhile = store.entries().map(({ votes, voted }) => [votes, voted]);
  const callsMeanwhile = calls.length;
  gate.resolve();
  await voting;

  assert.deepEqual([meanwhile, callsMeanwhile], [[[0, false]], 1]);
  assert.deepEqual(calls, ["POST questions/q1/upvote", "DELETE questions/q1/upvote"]);
  assert.deepEqual(store.entries().map(({ votes, voted }) => [votes, voted]), [[0, false]]);
});

test("a refused vote is taken back and the reason said", async () => {
  const { server, store, actions, refusals, said, known } = world();
  server.ask({ status: "published" });
  known();
  refusals.push(new ApiError({ status: 403, code: "own_question", message: "Not your own." }));

  await actions.vote("q1");

  assert.deepEqual(store.entries().map(({ votes, voted }) => [votes, voted]), [[0, false]]);
  assert.deepEqual(said.map(({ sentence }) => sentence), ["Not your own."]);
});

test("hosts publish, archive, and take back what they archived, each to where it was", async () => {
  const { server, actions, said, known, shown } = world({ user: "h", leads: true });
  server.ask();
  server.ask();
  known();

  await actions.publish("q1");
  for (const id of ["q1", "q2"]) await actions.archive(id);
  const archived = shown();
  for (const { undo } of said.slice(1, 3)) await undo();

  assert.deepEqual(archived.map(([, , status]) => status), ["archived", "archived"]);
  assert.deepEqual(shown().map(([, , status]) => status), ["published", "pending"]);
  assert.deepEqual(said.map(({ sentence }) => sentence), ["Published.", "Archived.", "Archived.", "Restored.", "Restored."]);
});

test("an answer can be taken back, and correcting one offers nothing of that", async () => {
  const { server, store, actions, said, known, shown } = world({ user: "h", leads: true });
  server.ask({ status: "published" });
  known();

  await actions.answer("q1", "Yes.");
  await actions.answer("q1", "Yes, tomorrow.");
  const text = store.get("q1").answer;
  await said[0].undo();

  assert.deepEqual([text, said.map(({ undo }) => Boolean(undo))], ["Yes, tomorrow.", [true, false]]);
  assert.deepEqual(shown(), [["q1", "stored", "published"]]);
});

test("a refused answer is thrown, so that its text stays in the form; other refusals are said", async () => {
  const { server, actions, refusals, said, known } = world({ user: "h", leads: true });
  server.ask({ status: "published" });
  known();
  const conflict = new ApiError({ status: 409, code: "wrong_state", message: "It has changed." });
  refusals.push(conflict, conflict);

  await assert.rejects(actions.answer("q1", "Yes."), conflict);
  await actions.pin("q1", true);
  await settle();

  assert.deepEqual(said.map(({ sentence }) => sentence), ["It has changed."]);
});

test("why something was refused is said in the person's words", () => {
  const sentence = (error) => refusalSentence(new ApiError({ code: "x", message: "general", ...error }));

  assert.match(sentence({ status: 0 }), /weak/);
  assert.match(sentence({ status: 503 }), /weak/);
  assert.equal(sentence({ status: 429 }), "general");
  assert.equal(sentence({ status: 400, fields: { body: ["Too long."] } }), "Too long.");
  assert.equal(sentence({ status: 400, fields: { text: ["Write an answer."] } }), "Write an answer.");
});
