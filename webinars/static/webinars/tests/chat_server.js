/** A chat as the server keeps it, answering like GET messages: for tests of what a page makes of it. */
export const message = (seq, more = {}) => ({
  id: `m${seq}`,
  seq,
  body: `text ${seq}`,
  authorId: "u2",
  authorName: "Jiwoo",
  isHost: false,
  createdAt: "2026-03-02T10:00:00Z",
  clientId: `c${seq}`,
  deleted: false,
  changedSeq: null,
  ...more,
});

export class ChatServer {
  constructor(count = 0) {
    this.messages = [];
    this.lastChangedSeq = 0;
    this.asked = [];
    for (let turn = 0; turn < count; turn += 1) this.post();
  }

  post(more = {}) {
    const made = message(this.messages.length + 1, more);
    this.messages.push(made);
    return made;
  }

  setDeleted(seq, deleted) {
    this.lastChangedSeq += 1;
    const changed = { ...this.messages[seq - 1], deleted, changedSeq: this.lastChangedSeq };
    this.messages[seq - 1] = changed;
    return changed;
  }

  /** As the wire shows it: a deleted message without its words. */
  get shown() {
    return this.messages.map((each) => (each.deleted ? { ...each, body: "" } : each));
  }

  newest(count) {
    return this.shown.slice(-count);
  }

  answer(url) {
    const query = Object.fromEntries(new URL(url, "http://x").searchParams);
    this.asked.push(query);
    const { after, before, limit, changed_after: changedAfter } = query;
    const some = before
      ? this.shown.filter(({ seq }) => seq < Number(before)).slice(-Number(limit))
      : this.shown.filter(({ seq }) => seq > Number(after)).slice(0, Number(limit));
    const changed = this.shown.filter(({ changedSeq }) => changedAfter && changedSeq > Number(changedAfter));
    return {
      messages: some,
      lastSeq: some.at(-1)?.seq ?? 0,
      lastChangedSeq: this.lastChangedSeq,
      changed: changed.sort((a, b) => a.changedSeq - b.changedSeq).slice(0, 200),
      hasEarlier: (some[0]?.seq ?? 1) > 1,
    };
  }

  get api() {
    return { get: async (url) => this.answer(url) };
  }
}
