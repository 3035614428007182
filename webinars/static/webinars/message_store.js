/**
 * The chat's messages: what the server numbered, in order of `seq` and each once, then what this
 * page wrote and the server has not confirmed yet.
 *
 * Two counts say what to ask for. `seq` has no gaps, so `lastSeq` is the end of the unbroken run and a message beyond
 * it says that something is missing. Deletions and restorations are counted by `changedSeq`: of two versions of a
 * message the one with the greater is the newer, in whatever order they come, and `lastChangedSeq` is the end of the
 * changes known without a gap.
 *
 * The page holds a window of the chat from `firstSeq` on. What was before it, or was forgotten to keep a long evening
 * from filling the memory, comes back by `prepend`.
 */
const REMEMBERED_CHANGES = 2_000;

export class MessageStore {
  #bySeq = new Map();
  #seqOfId = new Map();
  #pending = new Map();
  #listeners = new Set();
  #elsewhere = new Map();
  #changesBeyond = new Set();
  #newest = 0;

  constructor() {
    this.firstSeq = 1;
    this.lastSeq = 0;
    this.lastChangedSeq = 0;
  }

  /** Calls `listener({ put: entries, gone: keys, afterBreak, earlier })` after each change. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The newest page of the history: the window and its run begin with its oldest message. */
  seed(messages, { lastChangedSeq = 0 } = {}) {
    if (messages.length) {
      this.firstSeq = Math.min(...messages.map(({ seq }) => seq));
      this.lastSeq = this.firstSeq - 1;
    }
    this.lastChangedSeq = lastChangedSeq;
    this.add(messages);
  }

  /** Messages as events bring them. `afterBreak` says that these were missed, not just said. */
  add(messages, { afterBreak = false } = {}) {
    const put = [];
    const gone = [];
    for (const message of messages) this.#take(message, put, gone);
    this.#countRun();
    this.#countChanges();
    this.#tell({ put, gone, afterBreak });
  }

  /**
   * The answer to a request for what comes after `after` and was changed after `changedAfter`: what it does not name
   * does not exist, so both counts go on to its end.
   */
  addAnswer({ after, messages, changedAfter, changed = [], lastChangedSeq, whole }, { afterBreak = false } = {}) {
    const put = [];
    const gone = [];
    for (const message of [...messages, ...changed]) this.#take(message, put, gone);
    if (after <= this.lastSeq && messages.length) this.lastSeq = Math.max(this.lastSeq, messages.at(-1).seq);
    const end = whole ? lastChangedSeq : changed.at(-1)?.changedSeq;
    if (changedAfter <= this.lastChangedSeq && end !== undefined) this.lastChangedSeq = Math.max(this.lastChangedSeq, end);
    this.#countRun();
    this.#countChanges();
    this.#tell({ put, gone, afterBreak });
  }

  /** What came before the window, oldest first; false when the window has moved since it was asked for. */
  prepend(messages, { before }) {
    if (before !== this.firstSeq) return false;
    if (!messages.length) {
      this.firstSeq = 1;
      return true;
    }
    this.firstSeq = messages[0].seq;
    const put = [];
    for (const message of messages) this.#take(message, put, []);
    this.#tell({ put, gone: [], earlier: true });
    return true;
  }

  /** A deletion, also of a message that this page does not hold (yet). */
  delete({ id, seq, changedSeq = null }) {
    const known = this.#bySeq.get(this.#seqOfId.get(id) ?? seq);
    if (known) {
      return this.add([{ ...known, deleted: true, changedSeq: changedSeq ?? known.changedSeq }]);
    }
    if (seq === undefined || changedSeq === null) return undefined;
    this.#remember({ id, seq, changedSeq, deleted: true });
    this.#noteChange(changedSeq);
    return this.#countChanges();
  }

  /**
   * Drops the oldest beyond `most`, but none from number `keep` on, and answers their keys. Those of the unbroken run
   * leave the window; one dropped from beyond a hole comes again when the hole is filled: the run does not count it.
   */
  forget(most, { keep = Infinity } = {}) {
    const surplus = this.#bySeq.size - most;
    if (surplus <= 0) return [];
    const oldest = [...this.#bySeq.keys()].sort((a, b) => a - b).slice(0, surplus).filter((seq) => seq < keep);
    return oldest.map((seq) => {
      const message = this.#bySeq.get(seq);
      this.#bySeq.delete(seq);
      this.#seqOfId.delete(message.id);
      if (message.changedSeq) this.#remember(message);
      if (seq <= this.lastSeq) this.firstSeq = seq + 1;
      return message.id;
    });
  }

  /** Puts a message that is on its way below the others. */
  addPending({ clientId, body, authorId, authorName, isHost, createdAt }) {
    const entry = { key: clientId, seq: null, state: "sending", clientId, body, authorId, authorName, isHost, createdAt };
    this.#pending.set(clientId, entry);
    this.#tell({ put: [entry], gone: [] });
  }

  setPending(clientId, state, reason = "") {
    const entry = this.#pending.get(clientId);
    if (!entry) return;
    const changed = { ...entry, state, reason };
    this.#pending.set(clientId, changed);
    this.#tell({ put: [changed], gone: [] });
  }

  discard(clientId) {
    if (this.#pending.delete(clientId)) this.#tell({ put: [], gone: [clientId] });
  }

  pending(clientId) {
    return this.#pending.get(clientId);
  }

  /** What is on its way or was not stored, in the order of writing. */
  get unsent() {
    return [...this.#pending.values()];
  }

  /** The entry of a message by its id, while the window holds it. */
  message(id) {
    const message = this.#bySeq.get(this.#seqOfId.get(id));
    return message && entryOf(message);
  }

  get size() {
    return this.#bySeq.size;
  }

  get hasEarlier() {
    return this.firstSeq > 1;
  }

  /** Whether a message is known to exist that has not arrived. */
  get hasHole() {
    return this.#newest > this.lastSeq;
  }

  /** Whether a change is known to have happened that has not arrived. */
  get missesChanges() {
    return this.#changesBeyond.size > 0;
  }

  /** Whether the server has more than this page. */
  isBehind({ lastSeq = 0, lastChangedSeq = 0 }) {
    return lastSeq > this.lastSeq || lastChangedSeq > this.lastChangedSeq;
  }

  /** Every entry in the order of the page. */
  entries() {
    const stored = [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq).map(entryOf);
    return [...stored, ...this.#pending.values()];
  }

  #take(incoming, put, gone) {
    if (this.#isMine(incoming) && this.#pending.delete(incoming.clientId)) gone.push(incoming.clientId);
    this.#noteChange(incoming.changedSeq);
    if (incoming.seq < this.firstSeq) return this.#remember(incoming);
    const message = this.#newestVersion(incoming);
    const known = this.#bySeq.get(message.seq);
    if (known && !isNewer(message, known)) return undefined;
    const kept = message.deleted ? withoutWords(message, known) : message;
    this.#newest = Math.max(this.#newest, kept.seq);
    this.#bySeq.set(kept.seq, kept);
    this.#seqOfId.set(kept.id, kept.seq);
    this.#elsewhere.delete(kept.seq);
    put.push(entryOf(kept));
    return undefined;
  }

  /** What came about this message before it was held, where that is newer. */
  #newestVersion(incoming) {
    const heard = this.#elsewhere.get(incoming.seq);
    return heard && versionOf(heard) > versionOf(incoming) ? { ...incoming, ...heard } : incoming;
  }

  /** Changes of messages outside of the window, in case these come in an older version. */
  #remember(message) {
    const { seq } = message;
    if (versionOf(message) === 0 || versionOf(message) < versionOf(this.#elsewhere.get(seq) ?? {})) return;
    this.#elsewhere.delete(seq);
    this.#elsewhere.set(seq, message);
    if (this.#elsewhere.size > REMEMBERED_CHANGES) this.#elsewhere.delete(this.#elsewhere.keys().next().value);
  }

  #noteChange(changedSeq) {
    if (changedSeq > this.lastChangedSeq) this.#changesBeyond.add(changedSeq);
  }

  #countChanges() {
    while (this.#changesBeyond.has(this.lastChangedSeq + 1)) this.lastChangedSeq += 1;
    for (const changedSeq of this.#changesBeyond) {
      if (changedSeq <= this.lastChangedSeq) this.#changesBeyond.delete(changedSeq);
    }
  }

  #countRun() {
    while (this.#bySeq.has(this.lastSeq + 1)) this.lastSeq += 1;
  }

  /** Other people's client ids may be the same: only the author's own confirm a pending message. */
  #isMine({ clientId, authorId }) {
    return clientId !== undefined && this.#pending.get(clientId)?.authorId === authorId;
  }

  #tell({ put, gone, afterBreak = false, earlier = false }) {
    if (!put.length && !gone.length) return;
    for (const listener of this.#listeners) listener({ put, gone, afterBreak, earlier });
  }
}

const versionOf = ({ changedSeq }) => changedSeq ?? 0;

/** An erasure takes words away without counting as a change. */
const isNewer = (message, known) =>
  versionOf(message) > versionOf(known) || (versionOf(message) === versionOf(known) && message.deleted && !known.deleted);

/** What a deleted message said stays known to this page, for hosts who may restore it. */
const withoutWords = (message, known) => ({
  ...message,
  body: "",
  removedBody: message.body || known?.body || known?.removedBody || "",
});

const entryOf = (message) => ({ ...message, key: message.id, state: message.deleted ? "deleted" : "sent" });
