/**
 * Writing in the chat: Enter sends unless a syllable is still being composed, Shift+Enter breaks the
 * line. A message shows at once and stays with "Send again" when it could not be stored.
 */
import { gettext, interpolate } from "./i18n.js";

const COUNT_FROM = 900;
const IME_KEY = 229;

/** Whether this key press sends. Korean, Japanese and Chinese input confirms a syllable with Enter too. */
export const sends = ({ key, shiftKey, altKey, ctrlKey, metaKey, isComposing, keyCode }) =>
  key === "Enter" && !shiftKey && !altKey && !ctrlKey && !metaKey && !isComposing && keyCode !== IME_KEY;

/** Why a message was not stored, in the person's words. */
export function failureSentence(error) {
  if (error.status === 429) return gettext("You are writing faster than this chat allows. Wait a moment.");
  if (error.status === 0 || error.status >= 500) return gettext("Not sent. The connection is weak.");
  return error.message;
}

/** Sends messages for a store: optimistic, and again with the same client id. */
export class MessageSender {
  constructor({ api, url, store, author, newClientId, now = () => new Date() }) {
    Object.assign(this, { api, url, store, author, newClientId, now });
  }

  send(body) {
    const clientId = this.newClientId();
    this.store.addPending({ clientId, body, ...this.author, createdAt: this.now().toISOString() });
    return this.#post(clientId, body);
  }

  resend(clientId) {
    const entry = this.store.pending(clientId);
    if (!entry || entry.state === "sending") return null;
    this.store.setPending(clientId, "sending");
    return this.#post(clientId, entry.body);
  }

  async #post(clientId, body) {
    try {
      const { message } = await this.api.post(this.url, { body, client_id: clientId });
      this.store.add([message]);
    } catch (error) {
      this.store.setPending(clientId, "failed", failureSentence(error));
    }
  }
}

export class Composer {
  constructor({ form, sender }) {
    this.form = form;
    this.field = form.querySelector("textarea");
    this.count = form.querySelector("[data-composer-count]");
    this.limit = this.field.maxLength;
    this.sender = sender;
    form.hidden = false;
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("input", () => this.#resize());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  #key(event) {
    if (!sends(event)) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const body = this.field.value.trim();
    if (!body) return;
    this.field.value = "";
    this.#resize();
    this.field.focus();
    this.sender.send(body);
  }

  #resize() {
    const { value } = this.field;
    this.field.rows = Math.min(5, value.split("\n").length);
    this.count.hidden = value.length < COUNT_FROM;
    this.count.textContent = interpolate(gettext("%(left)s characters left"), { left: this.limit - value.length });
  }
}
