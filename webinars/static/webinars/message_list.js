/**
 * The chat's messages on the page: each entry of the store is one <li>, kept in the store's order. The list follows while
 * the reader is at its end and sees it; else it keeps their place, marks where the unseen ones begin and counts them.
 */
import { browserClock } from "./clock.js";
import { MessageItems } from "./message_item.js";
import { ReadingPlace } from "./reading_place.js";
import { UnreadMarker } from "./unread_marker.js";

const SHOWN_AT_MOST = 500;
const SHOWN_TO_A_READER = 1_500;
const SHOWN_TO_WHOEVER_IS_AWAY = 5_000;
const KEPT_ABOVE_THE_VIEW = 150;
const MANY = 3;
const GLANCE_MS = 4_000;

export class MessageList {
  #items = new Map();
  #earlier = 0;

  /**
   * `me` is the reader's user id; `leads` whether they may moderate. `onResend` and `onDiscard` take a client id, `onUnseen`
   * the number of messages not seen yet, `onFresh` the entries of others that just came.
   */
  constructor({ root, store, me, leads, onResend, onDiscard, onUnseen, onFresh = () => {}, clock = browserClock }) {
    this.root = root;
    this.list = root.querySelector("[data-chat-list]");
    this.empty = root.querySelector("[data-chat-empty]");
    Object.assign(this, { store, me, onResend, onDiscard, onFresh, clock });
    this.items = new MessageItems({ template: root.querySelector("template[data-message-template]"), me, leads });
    this.unread = new UnreadMarker({ pill: root.querySelector("[data-chat-pill]"), onCount: onUnseen });
    const scroller = root.querySelector("[data-chat-scroller]");
    this.place = new ReadingPlace({ scroller, list: this.list, onEnd: () => this.isLookedAt && this.unread.seen() });
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.unread.pill.addEventListener("click", () => this.toEnd());
  }

  /** Takes over what the server rendered, then follows the store. */
  adopt() {
    for (const item of this.list.querySelectorAll("[data-key]")) this.#items.set(item.dataset.key, item);
    this.#put(this.store.entries());
    this.store.subscribe((change) => this.#change(change));
    this.place.toEnd();
  }

  toEnd() {
    this.place.toEnd();
  }

  /** Whether the tab is in front and the chat is not behind another tab or in a closed drawer. */
  get isLookedAt() {
    return document.visibilityState === "visible" && getComputedStyle(this.root).visibility === "visible";
  }

  /** The reader looks again: what is in view without scrolling counts as seen after a glance. */
  returned() {
    this.clock.setTimeout(() => this.isLookedAt && this.place.atEnd && this.toEnd(), GLANCE_MS);
  }

  /** Whoever was away (a hidden tab, a break) keeps the place and hears how many messages came meanwhile. */
  #change({ put, gone, afterBreak, earlier }) {
    const own = put.some(({ key, state }) => state === "sending" && !this.#items.has(key));
    const isFresh = ({ key, state, authorId }) => !this.#items.has(key) && state === "sent" && authorId !== this.me;
    const fresh = earlier ? [] : put.filter(isFresh);
    const missed = fresh.length > 0 && (!this.isLookedAt || (afterBreak && fresh.length > MANY));
    this.place.following = (this.place.following && !missed && !earlier) || own;
    if (earlier) this.#earlier += put.length;
    this.#remove(gone);
    this.#put(earlier ? [...put].reverse() : put);
    if (!earlier) this.#trim();
    if (own) this.unread.clear();
    if (this.place.following) this.#earlier = 0;
    else this.unread.add(fresh.length, this.#items.get(fresh[0]?.key));
    if (this.place.following) this.toEnd();
    if (fresh.length) this.onFresh(fresh);
  }

  #put(entries) {
    this.place.keep(() => entries.forEach((entry) => this.#place(this.#item(entry), entry)));
    this.empty.hidden = this.#items.size > 0;
  }

  #item(entry) {
    let item = this.#items.get(entry.key);
    if (item) this.items.fill(item, entry);
    else this.#items.set(entry.key, (item = this.items.make(entry)));
    return item;
  }

  /** Numbered messages in order, those on their way at the end. Looks from the nearer end. */
  #place(item, { seq }) {
    if (item.isConnected) return;
    const first = this.list.firstElementChild;
    if (seq === null) this.list.append(item);
    else this.list.insertBefore(item, comesAfter(first, seq) ? first : this.#nextAfter(seq));
  }

  #nextAfter(seq) {
    let before = null;
    let last = this.list.lastElementChild;
    while (last && comesAfter(last, seq)) {
      before = last;
      last = last.previousElementSibling;
    }
    return before;
  }

  #remove(keys) {
    for (const key of keys) {
      const item = this.#items.get(key);
      if (item?.contains(document.activeElement)) this.place.scroller.focus({ preventScroll: true });
      item?.remove();
      this.#items.delete(key);
    }
  }

  /**
   * A long evening must not fill a phone's memory: the store forgets the oldest messages, sooner at the end of the chat
   * than above it, where what is in view stays, and last of all what the reader fetched themselves.
   */
  #trim() {
    const { following } = this.place;
    const most = following ? SHOWN_AT_MOST : SHOWN_TO_A_READER;
    if (this.store.size <= most) return;
    const old = this.store.forget(most, following ? {} : { keep: this.#readFrom() });
    old.push(...this.store.forget(SHOWN_TO_WHOEVER_IS_AWAY + this.#earlier));
    if (!old.length) return;
    const going = new Set(old.map((key) => this.#items.get(key)));
    this.place.keep(() => this.#remove(old), going);
  }

  /** The number of the message from which on the reader may look at what is shown. */
  #readFrom() {
    const first = this.place.firstInView();
    return first?.dataset.seq ? Number(first.dataset.seq) - KEPT_ABOVE_THE_VIEW : Infinity;
  }

  #clicked(event) {
    const act = event.target.closest("[data-message-resend], [data-message-discard]");
    if (!act) return;
    const { key } = act.closest("[data-key]").dataset;
    if (act.matches("[data-message-resend]")) this.onResend(key);
    else this.onDiscard(key);
  }
}

/** Whether an item of the list stands after number `seq`; those on their way have none and stand last. */
const comesAfter = (item, seq) => item !== null && (item.dataset.seq === "" || Number(item.dataset.seq) > seq);
