/**
 * The questions as this page knows them: what the server numbered, each by its id, then what this page asked and the
 * server has not confirmed yet.
 *
 * Every change that the room is told of has a number, without gaps; `lastChange` is the end of the run that this page
 * knows. Of one question the state with the highest number stands, whatever came first. Votes are not numbered: the last
 * tally stands, and each answer of GET is the truth except for what was heard while it was on its way.
 */
const SHOWN = new Set(["published", "answered"]);
/** An answer names the most voted questions, at most so many: of the others it says nothing then. */
const VOTES_AT_MOST = 1_000;

export class QuestionStore {
  #questions = new Map();
  #own = new Map();
  #keys = new Map();
  #wishes = new Map();
  #entries = new Map();
  #listeners = new Set();
  #ahead = new Set();
  #heard = new Map();
  #told = 0;

  /** `me` is the reader's user id; `leads` says that the reader sees what waits and what was archived. */
  constructor({ me = null, leads = false } = {}) {
    Object.assign(this, { me, leads });
    this.lastChange = 0;
  }

  /** Calls `listener()` after every change. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether a change is known of that this page has not. */
  get isBehind() {
    return this.#told > this.lastChange;
  }

  /**
   * One numbered change as the room was told of it. A host cannot count one that says less than a host may see: of a
   * question that waits or was archived, or of an anonymous one whose asker is not known yet.
   */
  change({ question, changedSeq }) {
    this.#told = Math.max(this.#told, changedSeq);
    if (changedSeq <= this.lastChange) return;
    if (question) this.#put(question);
    if (!this.leads || this.#isWhole(question)) this.#count(changedSeq);
    this.#tell();
  }

  /** Votes of some questions: `{id: number}`. */
  tally(votes) {
    for (const [id, count] of Object.entries(votes)) {
      this.#heard.set(id, count);
      this.#set(id, { votes: count });
    }
    this.#tell();
  }

  /** A question is about to be put to the server: from here on, votes that are heard are newer than its answer. */
  beginAsking() {
    this.#heard.clear();
  }

  /** The server's answer: everything that changed up to `lastChange`, and the votes of all questions. */
  caughtUp({ questions, lastChange, votes = {} }) {
    for (const question of questions) this.#put(question, { asked: true });
    this.lastChange = Math.max(this.lastChange, lastChange);
    this.#advance();
    const namesAll = Object.keys(votes).length < VOTES_AT_MOST;
    for (const { id, changedSeq, votes: known } of this.#questions.values()) {
      const count = votes[id] ?? (namesAll ? 0 : known);
      if (changedSeq <= lastChange && count !== known && !this.#heard.has(id)) this.#set(id, { votes: count });
    }
    this.#tell();
  }

  /** A question as the server answered it to this page's own act. */
  accept(question) {
    this.#told = Math.max(this.#told, question.changedSeq);
    this.#put(question);
    this.#count(question.changedSeq);
    this.#tell();
  }

  get(id) {
    return this.#questions.get(id);
  }

  // What this page asked.

  addOwn({ clientId, body, isAnonymous, authorName, createdAt }) {
    const afterSeq = Math.max(0, ...[...this.#questions.values()].map(({ seq }) => seq));
    const entry = { key: clientId, id: null, seq: null, state: "sending", status: "pending", votes: 0, mine: true };
    this.#own.set(clientId, { ...entry, afterSeq, clientId, body, isAnonymous, authorId: this.me, authorName, createdAt });
    this.#tell();
  }

  own(clientId) {
    return this.#own.get(clientId);
  }

  setOwn(clientId, state, reason = "") {
    const entry = this.#own.get(clientId);
    if (entry) this.#own.set(clientId, { ...entry, state, reason });
    this.#tell();
  }

  discard(clientId) {
    this.#own.delete(clientId);
    this.#tell();
  }

  /** The server has it: the entry goes on under the same key. */
  confirm(clientId, question) {
    if (this.#own.delete(clientId)) this.#keys.set(question.id, clientId);
    this.#entries.delete(question.id);
    this.accept({ mine: true, ...question });
  }

  // Votes of this page's reader.

  /** Shows a vote given or taken back before the server knows. */
  wish(id, voted) {
    const { votes, voted: before } = this.#entryOf(this.#questions.get(id));
    this.#wishes.set(id, { voted, votes: votes + Number(voted) - Number(before) });
    this.#changed(id);
  }

  wished(id) {
    return this.#wishes.get(id)?.voted;
  }

  /** The wish's end: `{votes, voted}` as the server answered, or null when it refused. */
  settle(id, answer) {
    this.#wishes.delete(id);
    if (answer) {
      this.#heard.set(id, answer.votes);
      this.#set(id, { votes: answer.votes, voted: answer.voted });
    }
    this.#changed(id);
  }

  /** Everything the reader may see, in no order. An entry is a new object only when it changed. */
  entries() {
    const sending = [...this.#own.values()].filter(({ state }) => state === "sending");
    const stored = [...this.#questions.values()]
      .filter((question) => this.#isVisible(question) && !sending.some((own) => this.#isSame(own, question)))
      .map((question) => this.#entryOf(question));
    return [...stored, ...this.#own.values()];
  }

  #isVisible({ body, status, mine }) {
    if (body === undefined) return false;
    return this.leads || SHOWN.has(status) || (mine && status === "pending");
  }

  /** The room may hear of an own question before the answer to its post: shown once, as the one on its way. */
  #isSame(own, { body, seq, authorId, isAnonymous }) {
    return seq > own.afterSeq && body === own.body && (authorId === this.me || (isAnonymous && own.isAnonymous && !authorId));
  }

  #isWhole(question) {
    return question?.body !== undefined && Boolean(this.#questions.get(question.id).authorName);
  }

  /** Keeps of an older state what a broadcast does not say: who asked, and what this reader has to do with it. */
  #put(question, { asked = false } = {}) {
    const { id } = question;
    const old = this.#questions.get(id);
    const who = {
      authorId: question.authorId ?? old?.authorId ?? null,
      authorName: question.authorName ?? old?.authorName ?? null,
      mine: question.mine || old?.mine || (this.me !== null && question.authorId === this.me),
    };
    if (old && old.changedSeq > question.changedSeq) return this.#set(id, who);
    const merged = { ...old, ...question, ...who, voted: question.voted ?? old?.voted ?? false };
    if (asked && this.#heard.has(id)) {
      merged.votes = this.#heard.get(id);
      merged.voted = old?.voted ?? merged.voted;
    } else if (!asked && question.votes !== undefined) this.#heard.set(id, question.votes);
    this.#questions.set(id, merged);
    this.#entries.delete(id);
  }

  #set(id, facts) {
    const question = this.#questions.get(id);
    if (!question) return;
    this.#questions.set(id, { ...question, ...facts });
    this.#entries.delete(id);
  }

  #count(changedSeq) {
    if (changedSeq > this.lastChange) this.#ahead.add(changedSeq);
    this.#advance();
  }

  #advance() {
    for (const seq of this.#ahead) if (seq <= this.lastChange) this.#ahead.delete(seq);
    while (this.#ahead.delete(this.lastChange + 1)) this.lastChange += 1;
  }

  #entryOf(question) {
    const { id } = question;
    const known = this.#entries.get(id);
    if (known) return known;
    const entry = { ...question, key: this.#keys.get(id) ?? id, state: "stored", ...this.#wishes.get(id) };
    this.#entries.set(id, entry);
    return entry;
  }

  #changed(id) {
    this.#entries.delete(id);
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
