/**
 * Keeping order in a room: each act goes to the server, which tells every page; here it answers with a sentence and a way
 * back. A ban is asked about first.
 */
import { gettext, interpolate, ngettext } from "./i18n.js";

export const MUTE_MINUTES = [5, 10, 30, 60];

export class Moderation {
  /**
   * `urls` are the page's {message: "…__id__", members, notice, …}; `onMessage` gets a message as it is after an act;
   * `confirm({title, text, yes})` answers whether the person means it.
   */
  constructor({ api, urls, toasts, confirm, onMessage, notice = null }) {
    Object.assign(this, { api, urls, toasts, confirm, onMessage, notice });
  }

  /** Keeps up with the notice, for the way back. */
  join(room) {
    room.on("notice.set", (set) => (this.notice = set));
    room.on("notice.cleared", () => (this.notice = null));
    room.on("state", ({ notice }) => (this.notice = notice ?? null));
  }

  remove(message) {
    return this.#do(() => this.#setDeleted(message, true), gettext("Message removed"), () => this.#setDeleted(message, false));
  }

  restore(message) {
    return this.#do(() => this.#setDeleted(message, false), gettext("Message restored"), () => this.#setDeleted(message, true));
  }

  mute({ id, name }, minutes) {
    const url = `${this.urls.members}/${id}/mute`;
    const done = ngettext("%(name)s cannot write for %(count)s minute", "%(name)s cannot write for %(count)s minutes", minutes);
    return this.#do(() => this.api.post(url, { minutes }), interpolate(done, { name, count: minutes }), () => this.api.delete(url));
  }

  async ban({ id, name }) {
    const sure = await this.confirm({
      title: interpolate(gettext("Ban %(name)s from this webinar?"), { name }),
      text: gettext("Their page closes at once and they cannot come back in. What they wrote stays until you remove it. You can let them in again in the room settings."),
      yes: gettext("Ban"),
    });
    if (!sure) return false;
    const url = `${this.urls.members}/${id}/ban`;
    return this.#do(() => this.api.post(url), interpolate(gettext("%(name)s was banned"), { name }), () => this.api.delete(url));
  }

  pin({ id }) {
    const { notice } = this;
    const set = () => this.api.put(this.urls.notice, { message_id: id }).catch((error) => Promise.reject(goneSince(error)));
    return this.#do(set, gettext("Pinned above the player"), () => putNotice(this.api, this.urls.notice, notice));
  }

  unpin() {
    const { notice } = this;
    return this.#do(() => this.api.delete(this.urls.notice), gettext("Notice taken away"), () => putNotice(this.api, this.urls.notice, notice));
  }

  async #setDeleted({ id }, deleted) {
    const url = this.urls.message.replace("__id__", id);
    const { message } = await (deleted ? this.api.delete(url) : this.api.post(`${url}/restore`));
    this.onMessage(message);
  }

  /** Answers whether it was done. */
  async #do(act, done, undo) {
    try {
      await act();
    } catch (error) {
      this.toasts.show(error.message, { bad: true });
      return false;
    }
    this.toasts.show(done, { undo });
    return true;
  }
}

/** Another host may have removed the message while the menu was open. */
const goneSince = (error) => (error.status === 404 ? new Error(gettext("This message was removed.")) : error);

/** Sets the notice to `notice`, {text} or {messageId}, or takes it away (null). */
export function putNotice(api, url, notice) {
  if (!notice) return api.delete(url);
  return api.put(url, notice.messageId ? { message_id: notice.messageId } : { text: notice.text });
}

/**
 * What `host` may do with a message, as items of a menu. Hosts' own messages are theirs; other hosts' are for who
 * `outranks` them, and the server asks again.
 */
export function messageActs(message, { me, outranks, notice, moderation }) {
  const { id, deleted, isHost, authorId, authorName } = message;
  const own = authorId === me;
  const judges = own || !isHost || outranks;
  const person = { id: authorId, name: authorName };
  const acts = [];
  if (deleted) acts.push({ text: gettext("Restore message"), act: () => moderation.restore(message) });
  else if (notice?.messageId === id) acts.push({ text: gettext("Unpin notice"), act: () => moderation.unpin() });
  else acts.push({ text: gettext("Pin as notice"), act: () => moderation.pin(message) });
  if (!deleted && judges) acts.push({ text: gettext("Remove message"), danger: true, act: () => moderation.remove(message) });
  if (own || !judges) return deleted && !judges ? [] : acts;
  for (const minutes of MUTE_MINUTES) {
    const label = ngettext("Mute for %(count)s minute", "Mute for %(count)s minutes", minutes);
    acts.push({
      text: String(minutes),
      label: interpolate(label, { count: minutes }),
      row: gettext("Mute, minutes"),
      act: () => moderation.mute(person, minutes),
    });
  }
  acts.push({ text: gettext("Ban from the webinar…"), danger: true, act: () => moderation.ban(person) });
  return acts;
}
