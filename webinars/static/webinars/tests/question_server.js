/** A server's questions as the API and the socket tell of them, moved by a test. */

const SHOWN = ["published", "answered"];
const copy = (value) => JSON.parse(JSON.stringify(value));

export class QuestionServer {
  constructor() {
    Object.assign(this, { lastChange: 0, asked: 0, questions: [], told: [] });
    this.voters = new Map();
  }

  ask({ by = "u1", name = "Asker", isAnonymous = false, body = `question ${this.asked + 1}`, status = "pending" } = {}) {
    this.asked += 1;
    const question = {
      id: `q${this.asked}`, seq: this.asked, body, authorId: by, authorName: name, isAnonymous, status, pinned: false,
      answer: "", answeredLive: false, answeredAt: null, answeredBy: null, createdAt: `2026-03-02T10:00:0${this.asked % 10}Z`,
    };
    this.questions.push(question);
    this.voters.set(question.id, new Set());
    this.#changed(question, "question.created");
    return question;
  }

  set(question, facts) {
    Object.assign(question, facts);
    this.#changed(question, facts.status === "answered" ? "question.answered" : "question.updated");
  }

  vote(question, user, voted) {
    const voters = this.voters.get(question.id);
    if (voted) voters.add(user);
    else voters.delete(user);
    this.told.push({ type: "question.updated", data: { votes: { [question.id]: voters.size } } });
    return { id: question.id, votes: voters.size, voted };
  }

  /** GET questions?after=&limit= */
  answer(url, { user = null, leads = false } = {}) {
    const query = new URL(url, "http://x").searchParams;
    const after = Number(query.get("after"));
    const visible = (question) => leads || SHOWN.includes(question.status) || question.authorId === user || question.status === "archived";
    const questions = this.questions
      .filter((question) => question.changedSeq > after && visible(question))
      .sort((a, b) => a.changedSeq - b.changedSeq)
      .slice(0, Number(query.get("limit")))
      .map((question) => this.#seenBy(question, { user, leads }));
    const votes = Object.fromEntries([...this.voters].filter(([, voters]) => voters.size).map(([id, voters]) => [id, voters.size]));
    const isCut = questions.length === Number(query.get("limit"));
    return copy({ questions, lastChange: isCut ? questions.at(-1).changedSeq : this.lastChange, votes });
  }

  api(viewer) {
    return { get: async (url) => this.answer(url, viewer) };
  }

  #seenBy(question, { user, leads }) {
    const { id, seq, changedSeq, status } = question;
    const mine = question.authorId === user;
    if (status === "archived" && !leads) return { id, seq, changedSeq, status };
    const names = leads || mine || !question.isAnonymous ? {} : { authorId: null, authorName: null };
    const voters = this.voters.get(id);
    return { ...question, ...names, votes: voters.size, mine, voted: voters.has(user) };
  }

  #changed(question, type) {
    this.lastChange += 1;
    question.changedSeq = this.lastChange;
    const { id, seq, changedSeq, status } = question;
    const named = question.isAnonymous ? { authorId: null, authorName: null } : {};
    const shown = { ...question, ...named, votes: this.voters.get(id).size };
    const told = { pending: null, archived: { id, seq, changedSeq, status } }[status];
    this.told.push({ type, data: copy({ question: told === undefined ? shown : told, changedSeq }) });
  }
}

/** Numbers from a seed, the same each time (mulberry32). */
export function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

