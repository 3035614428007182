/**
 * The chat's messages: what the server numbered, in order of `seq` and each once, then what this
 * page wrote and the server has not confirmed yet.
 *
 * `seq` has no gaps, so `lastSeq` (the end of the unbroken run) says what to ask for next, and a
 * message beyond it says that something is missing.
 *
 * `forget` keeps a long evening from filling the memory; what it dropped does not come back as new.
 */
export class MessageStore {
  #bySeq = new Map();
  #seqOfId = new Map();
  #pending = new Map();
  #listeners = new Set();
  #newest = 0;
  #forgotten = 0;

  constructor() {
    this.lastSeq = 0;
  }

  /** Calls `listener({ put: entries, gone: keys, afterBreak })` after each change. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The newest page of the history: the run begins with its oldest message. */
  seed(messages) {
    if (messages.length) this.lastSeq = Math.min(...messages.map(({ seq }) => seq)) - 1;
    this.add(messages);
  }

  /** `afterBreak` says that these were missed, not just said. */
  add(messages, { afterBreak = false } = {}) {
    const put = [];
    const gone = [];
    for (const message of messages) {
      const known = this.#bySeq.get(message.seq);
      if (known && known.deleted === message.deleted) continue;
      if (this.#isMine(message) && this.#pending.delete(message.clientId)) gone.push(message.clientId);
      if (message.seq <= this.#forgotten) continue;
      this.#bySeq.set(message.seq, message);
      this.#seqOfId.set(message.id, message.seq);
      this.#newest = Math.max(this.#newest, message.seq);
      put.push(entryOf(message));
    }
    while (this.#bySeq.has(this.lastSeq + 1)) this.lastSeq += 1;
    this.#tell(put, gone, afterBreak);
  }

  delete({ id }) {
    const message = this.#bySeq.get(this.#seqOfId.get(id));
    if (message) this.add([{ ...message, deleted: true }]);
  }

  /**
   * Drops the oldest beyond `most` and answers their keys. Those of the unbroken run are over for good; one dropped
   * from beyond a hole comes again when the hole is filled, because the run does not count it.
   */
  forget(most) {
    const surplus = this.#bySeq.size - most;
    if (surplus <= 0) return [];
    const oldest = [...this.#bySeq.keys()].sort((a, b) => a - b).slice(0, surplus);
    return oldest.map((seq) => {
      const { id } = this.#bySeq.get(seq);
      this.#bySeq.delete(seq);
      this.#seqOfId.delete(id);
      if (seq <= this.lastSeq) this.#forgotten = seq;
      return id;
    });
  }

  /** Puts a message that is on its way below the others. */
  addPending({ clientId, body, authorId, authorName, isHost, createdAt }) {
    const entry = { key: clientId, seq: null, state: "sending", clientId, body, authorId, authorName, isHost, createdAt };
    this.#pending.set(clientId, entry);
    this.#tell([entry], []);
  }

  setPending(clientId, state, reason = "") {
    const entry = this.#pending.get(clientId);
    if (!entry) return;
    const changed = { ...entry, state, reason };
    this.#pending.set(clientId, changed);
    this.#tell([changed], []);
  }

  discard(clientId) {
    if (this.#pending.delete(clientId)) this.#tell([], [clientId]);
  }

  pending(clientId) {
    return this.#pending.get(clientId);
  }

  /** Whether a message is known to exist that has not arrived. */
  get hasHole() {
    return this.#newest > this.lastSeq;
  }

  /** Every entry in the order of the page. */
  entries() {
    const stored = [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq).map(entryOf);
    return [...stored, ...this.#pending.values()];
  }

  /** Other people's client ids may be the same: only the author's own confirm a pending message. */
  #isMine({ clientId, authorId }) {
    return this.#pending.get(clientId)?.authorId === authorId;
  }

  #tell(put, gone, afterBreak = false) {
    if (!put.length && !gone.length) return;
    for (const listener of this.#listeners) listener({ put, gone, afterBreak });
  }
}

const entryOf = (message) => ({ ...message, key: message.id, state: message.deleted ? "deleted" : "sent" });
