/** What is new since the reader last looked: for hosts what waits, for attendees what was published or answered. */
export class QuestionNews {
  #statuses = new Map();
  #news = new Set();
  #looking = false;
  #told = 0;

  /** What the store has at first is not new, except for hosts what waits already. */
  constructor({ store, leads, onNews }) {
    Object.assign(this, { store, leads, onNews });
    this.#compare((entry, before) => leads && this.#isNews(entry, before) && this.#news.add(entry.id));
    this.#tell();
    store.subscribe(() => this.#changed());
  }

  look(looking) {
    this.#looking = looking;
    if (looking) this.#news.clear();
    this.#tell();
  }

  #changed() {
    const gone = new Set(this.#news);
    this.#compare((entry, before) => {
      if (this.#isNews(entry, before)) this.#news.add(entry.id);
      if (!this.leads || entry.status === "pending") gone.delete(entry.id);
    });
    gone.forEach((id) => this.#news.delete(id));
    if (this.#looking) this.#news.clear();
    this.#tell();
  }

  #compare(see) {
    for (const entry of this.store.entries()) {
      if (entry.id === null) continue;
      const before = this.#statuses.get(entry.id);
      this.#statuses.set(entry.id, entry.status);
      see(entry, before);
    }
  }

  #isNews({ status, mine }, before) {
    if (status === before) return false;
    if (this.leads) return status === "pending" && before === undefined && !mine;
    if (status === "answered") return true;
    return status === "published" && before !== "answered" && !(mine && before === undefined);
  }

  #tell() {
    if (this.#news.size === this.#told) return;
    this.#told = this.#news.size;
    this.onNews(this.#told);
  }
}
