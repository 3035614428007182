/** One message on the page: fills an <li> from the <template> with an entry of the store. */
import { gettext, interpolate, timeOfDay } from "./i18n.js";
import { linkified } from "./linkify.js";

export class MessageItems {
  /** `me` is the reader's user id; `leads` whether removed words are shown, to who may bring them back. */
  constructor({ template, me, leads = false }) {
    Object.assign(this, { template, me, leads });
    this.clock = timeOfDay();
  }

  make(entry) {
    const item = this.template.content.firstElementChild.cloneNode(true);
    item.dataset.key = entry.key;
    this.fill(item, entry);
    return item;
  }

  fill(item, entry) {
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
    part("body").replaceChildren(...this.#words(entry));
    part("failure").hidden = !entry.reason;
    part("reason").textContent = entry.reason ?? "";
    part("discard").hidden = entry.state !== "failed";
    const more = part("more");
    if (!more) return;
    more.hidden = entry.seq === null;
    more.setAttribute("aria-label", interpolate(gettext("What to do with the message by %(name)s"), { name: entry.authorName }));
  }

  #words({ state, body, removedBody }) {
    if (state !== "deleted") return [linkified(body)];
    const sentence = gettext("This message was removed.");
    if (!this.leads || !removedBody) return [sentence];
    const struck = document.createElement("s");
    struck.textContent = removedBody;
    const note = document.createElement("span");
    note.className = "message-removed";
    note.textContent = sentence;
    return [struck, note];
  }
}
