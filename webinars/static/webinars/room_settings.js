/**
 * The switches of a room in a dialog, and the people who were silenced. The elements are those of
 * `parts/room_settings.html`; what is wrong is said beside the field.
 */
import { gettext } from "./i18n.js";
import { wireModalPress } from "./modal_press.js";
import { putNotice } from "./moderation.js";
import { SilencedList } from "./silenced_list.js";

const FIELDS = {
  chat_enabled: "chatEnabled",
  slow_seconds: "slowSeconds",
  blocked_words: "blockedWords",
  questions_enabled: "questionsEnabled",
  questions_moderated: "questionsModerated",
};

/** What differs between two states of the room, in the words of a request. */
export function changesOf(before, after) {
  const changed = Object.entries(FIELDS).filter(([, name]) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return Object.fromEntries(changed.map(([field, name]) => [field, after[name]]));
}

/** One word or phrase per line, without empty lines. */
export const wordsOf = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

export class RoomSettings {
  #room = null;
  #noticeText = "";
  #undos = [];

  /** `notice()` answers the notice of now. */
  constructor({ dialog, button, api, urls, toasts, notice }) {
    Object.assign(this, { dialog, button, api, urls, toasts, notice });
    this.form = dialog.querySelector("form");
    this.fields = this.form.elements;
    this.silenced = new SilencedList({ element: dialog.querySelector("[data-silenced]"), api, urls });
    button.addEventListener("click", () => this.open());
    dialog.querySelector("[data-settings-cancel]").addEventListener("click", () => dialog.close());
    wireModalPress(dialog, () => dialog.close());
    dialog.addEventListener("close", () => button.focus());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  async open() {
    this.#complain({});
    this.#undos = [];
    this.#busy(true);
    this.dialog.showModal();
    try {
      const [room] = await Promise.all([this.api.get(this.urls.room), this.silenced.load()]);
      this.#show(room);
      this.#busy(false);
    } catch (error) {
      this.#complain({ all: error.message });
    }
  }

  #show(room) {
    this.#room = room;
    for (const [field, name] of Object.entries(FIELDS)) {
      const element = this.fields[field];
      if (element.type === "checkbox") element.checked = room[name];
      else element.value = Array.isArray(room[name]) ? room[name].join("\n") : String(room[name]);
    }
    this.fields.notice.value = this.#noticeText = this.notice()?.text ?? "";
  }

  get #wanted() {
    return {
      chatEnabled: this.fields.chat_enabled.checked,
      slowSeconds: Number(this.fields.slow_seconds.value),
      blockedWords: wordsOf(this.fields.blocked_words.value),
      questionsEnabled: this.fields.questions_enabled.checked,
      questionsModerated: this.fields.questions_moderated.checked,
    };
  }

  async #save() {
    this.#complain({});
    this.#busy(true);
    try {
      await this.#saveRoom();
      await this.#saveNotice(this.fields.notice.value.trim());
      this.dialog.close();
      const undos = this.#undos.splice(0);
      const undo = undos.length ? () => Promise.all(undos.map((each) => each())) : null;
      this.toasts.show(gettext("Room settings saved"), { undo });
    } catch (error) {
      this.#complain(complaints(error));
    }
    this.#busy(false);
  }

  async #saveRoom() {
    const before = this.#room;
    const changes = changesOf(before, this.#wanted);
    if (!Object.keys(changes).length) return;
    const after = await this.api.patch(this.urls.room, changes);
    this.#room = after;
    this.#undos.push(() => this.api.patch(this.urls.room, changesOf(after, before)));
  }

  async #saveNotice(text) {
    if (text === this.#noticeText) return;
    const before = this.notice();
    await putNotice(this.api, this.urls.notice, text ? { text } : null);
    this.#noticeText = text;
    this.#undos.push(() => putNotice(this.api, this.urls.notice, before));
  }

  #busy(busy) {
    this.form.setAttribute("aria-busy", String(busy));
    this.fields.save.disabled = busy;
  }

  #complain(sentences) {
    for (const place of this.form.querySelectorAll("[data-error]")) {
      const { error } = place.dataset;
      place.textContent = sentences[error] ?? "";
      place.hidden = !sentences[error];
      this.fields[error]?.setAttribute("aria-invalid", String(Boolean(sentences[error])));
    }
  }
}

/** The server's refusal by field; what belongs to none of ours is about all. */
function complaints({ message, fields }) {
  const known = Object.entries(fields).map(([field, what]) => [field === "text" ? "notice" : field, [what].flat(2).join(" ")]);
  return known.length ? Object.fromEntries(known) : { all: message };
}
