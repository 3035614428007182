/**
 * The chat's messages on the page: each entry of the store is one <li>, built from a <template> and
 * kept in the store's order. Scrolling follows only while the reader is at the end; else a pill
 * says how many messages are new and brings the reader there.
 */
import { gettext, interpolate, ngettext, pageLanguage } from "./i18n.js";
import { linkified } from "./linkify.js";

const NEAR_END_PX = 64;
const SHOWN_AT_MOST = 500;
const SHOWN_TO_A_READER = 1_500;
const MANY = 3;

export class MessageList {
  #items = new Map();
  #unseen = 0;
  #top = 0;

  /** `me` is the reader's user id; `onResend` and `onDiscard` take a client id. */
  constructor({ root, store, me, onResend, onDiscard }) {
    this.scroller = root.querySelector("[data-chat-scroller]");
    this.list = root.querySelector("[data-chat-list]");
    this.empty = root.querySelector("[data-chat-empty]");
    this.pill = root.querySelector("[data-chat-pill]");
    this.template = root.querySelector("template[data-message-template]");
    Object.assign(this, { store, me, onResend, onDiscard });
    this.clock = new Intl.DateTimeFormat(pageLanguage(), { hour: "numeric", minute: "2-digit" });
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.pill.addEventListener("click", () => this.toEnd());
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.following = true;
    const layout = new ResizeObserver(() => this.following && this.toEnd());
    layout.observe(this.scroller);
    layout.observe(this.list);
  }

  /** Takes over what the server rendered, then follows the store. */
  adopt() {
    for (const item of this.list.querySelectorAll("[data-key]")) this.#items.set(item.dataset.key, item);
    this.#put(this.store.entries());
    this.store.subscribe((change) => this.#change(change));
    this.toEnd();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#seen();
  }

  /** The reader follows until they scroll up; a page that grows below them does not change that. */
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END_PX) this.#seen();
    else if (scrollTop < this.#top) this.following = false;
    this.#top = scrollTop;
  }

  /** Whoever was away (a hidden tab, a break) keeps the place and hears how many messages came meanwhile. */
  #change({ put, gone, afterBreak }) {
    const fresh = put.filter(({ key, state, authorId }) => !this.#items.has(key) && state === "sent" && authorId !== this.me);
    gone.forEach((key) => this.#remove(key));
    const missed = document.visibilityState === "hidden" || (afterBreak && fresh.length > MANY);
    const follow = (this.following && !missed) || put.some(({ state }) => state === "sending");
    this.following = follow;
    this.#put(put);
    if (follow) return this.toEnd();
    this.#unseen += fresh.length;
    this.#showPill();
  }

  #put(entries) {
    this.#inPlace(() => entries.forEach((entry) => this.#place(this.#item(entry), entry)));
    this.#trim();
    this.empty.hidden = this.#items.size > 0;
  }

  #item(entry) {
    let item = this.#items.get(entry.key);
    if (!item) {
      item = this.template.content.firstElementChild.cloneNode(true);
      item.dataset.key = entry.key;
      this.#items.set(entry.key, item);
    }
    this.#fill(item, entry);
    return item;
  }

  #fill(item, entry) {
    const part = (name) => item.querySelector(`[data-message-${name}]`);
    item.dataset.state = entry.state;
    item.dataset.seq = entry.seq ?? "";
    item.classList.toggle("message-host", entry.isHost);
    item.classList.toggle("message-own", entry.authorId !== null && entry.authorId === this.me);
    part("author").textContent = entry.authorName;
    part("host").hidden = !entry.isHost;
    const time = part("time");
    time.dateTime = entry.createdAt;
    time.textContent = this.clock.format(new Date(entry.createdAt));
    const body = part("body");
    if (entry.state === "deleted") body.replaceChildren(gettext("This message was removed."));
    else body.replaceChildren(linkified(entry.body));
    part("failure").hidden = entry.state !== "failed";
    part("reason").textContent = entry.reason ?? "";
  }

  /** Numbered messages in order, those on their way at the end. */
  #place(item, { seq }) {
    let before = null;
    let last = this.list.lastElementChild;
    while (last && last !== item && seq !== null && comesAfter(last, seq)) {
      before = last;
      last = last.previousElementSibling;
    }
    if (last === item && item.nextElementSibling === before) return;
    this.list.insertBefore(item, before);
  }

  #remove(key) {
    this.#items.get(key)?.remove();
    this.#items.delete(key);
  }

  /**
   * A long evening must not fill a phone's memory: the store forgets the oldest messages, sooner at the end of the chat
   * than above it or away.
   */
  #trim() {
    const old = this.store.forget(this.following ? SHOWN_AT_MOST : SHOWN_TO_A_READER);
    if (old.length) this.#inPlace(() => old.forEach((key) => this.#remove(key)), new Set(old));
  }

  /** Changes the list while what a reader looks at (other than the items that are `going`) stays where it is. */
  #inPlace(change, going = new Set()) {
    const kept = this.following ? null : this.#firstInView(going);
    const before = kept?.offsetTop;
    change();
    if (kept && kept.offsetTop !== before) this.scroller.scrollTop += kept.offsetTop - before;
  }

  #firstInView(except) {
    const top = this.scroller.scrollTop + this.scroller.offsetTop;
    return [...this.list.children].find(
      (item) => item.offsetTop + item.offsetHeight > top && !except.has(item.dataset.key),
    );
  }

  #seen() {
    this.following = true;
    this.#unseen = 0;
    this.#showPill();
  }

  #showPill() {
    this.pill.hidden = this.#unseen === 0;
    const text = ngettext("%(count)s new message", "%(count)s new messages", this.#unseen);
    if (this.#unseen) this.pill.querySelector("[data-chat-pill-text]").textContent = interpolate(text, { count: this.#unseen });
  }

  #clicked(event) {
    const act = event.target.closest("[data-resend], [data-discard]");
    if (!act) return;
    const { key } = act.closest("[data-key]").dataset;
    if (act.matches("[data-resend]")) this.onResend(key);
    else this.onDiscard(key);
  }
}

const comesAfter = (item, seq) => item.dataset.seq === "" || Number(item.dataset.seq) > seq;
