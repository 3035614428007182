/**
 * The switches of a room in the console, each turned at once: no dialog, no saving. They follow what anybody else turns,
 * and go back where the server refuses.
 */
import { gettext, interpolate, ngettext } from "./i18n.js";
import { putNotice } from "./moderation.js";
import { changesOf, wordsOf } from "./room_settings.js";

/** Fields of the form by the name under which the room's facts carry them. */
const FIELDS = {
  chatEnabled: "chat_enabled",
  slowSeconds: "slow_seconds",
  questionsEnabled: "questions_enabled",
  questionsModerated: "questions_moderated",
};

export class RoomControls {
  #facts = {};
  #busy = new Set();

  /** `form` is the one of `room_panel.html`; `notice()` answers the notice of now. */
  constructor({ form, room, api, urls, toasts, facts, notice }) {
    Object.assign(this, { form, api, urls, toasts, notice });
    this.fields = form.elements;
    this.words = form.querySelector("[data-blocked-words]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#setNotice();
    });
    for (const name of Object.values(FIELDS)) this.fields[name].addEventListener("change", ({ target }) => this.#turn(target));
    this.fields.save_words.addEventListener("click", () => this.#saveWords());
    this.words.addEventListener("toggle", () => this.words.open && this.#loadWords());
    for (const type of ["webinar.state", "state"]) room.on(type, (heard) => this.show(heard));
    this.show(facts);
  }

  /** What is being turned right now is not moved under the hand that turns it. */
  show(facts) {
    Object.assign(this.#facts, facts);
    for (const [fact, name] of Object.entries(FIELDS)) {
      if (this.#facts[fact] === undefined || this.#busy.has(name)) continue;
      put(this.fields[name], this.#facts[fact]);
    }
  }

  /** One change of a field is under way at a time, so that of two quick ones the last stays. */
  async #turn(field) {
    const { name } = field;
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    const fact = Object.keys(FIELDS).find((key) => FIELDS[key] === name);
    const before = this.#facts[fact];
    const undo = () => this.#patch({ [name]: before });
    await this.#tried(() => this.#send(field), gettext("Room settings saved"), undo);
    this.#busy.delete(name);
    put(field, this.#facts[fact]);
  }

  async #send(field) {
    let sent;
    do {
      sent = valueOf(field);
      await this.#patch({ [field.name]: sent });
    } while (valueOf(field) !== sent);
  }

  async #patch(changes) {
    this.show(await this.api.patch(this.urls.room, changes));
  }

  async #setNotice() {
    const field = this.fields.notice;
    const text = field.value.trim();
    if (!text) return field.focus();
    const before = this.notice();
    const undo = () => putNotice(this.api, this.urls.notice, before);
    const done = await this.#tried(() => this.api.put(this.urls.notice, { text }), gettext("The notice is set."), undo);
    if (done) field.value = "";
    return done;
  }

  /** Somebody else may have changed them since; what is being typed here stays. */
  async #loadWords() {
    const field = this.fields.blocked_words;
    await this.#tried(async () => {
      const room = await this.api.get(this.urls.room);
      if (field.value === field.defaultValue) this.#showWords(room);
    });
  }

  async #saveWords() {
    const before = { blockedWords: wordsOf(this.fields.blocked_words.defaultValue) };
    const changes = changesOf(before, { blockedWords: wordsOf(this.fields.blocked_words.value) });
    if (!Object.keys(changes).length) return;
    const send = async (words) => this.#showWords(await this.api.patch(this.urls.room, { blocked_words: words }));
    const undo = () => send(before.blockedWords);
    await this.#tried(() => send(changes.blocked_words), gettext("Blocked words saved"), undo);
  }

  #showWords({ blockedWords }) {
    const field = this.fields.blocked_words;
    field.defaultValue = field.value = blockedWords.join("\n");
    const { length: count } = blockedWords;
    const text = ngettext("%(count)s blocked word", "%(count)s blocked words", count);
    this.words.querySelector("summary").textContent = interpolate(text, { count });
  }

  /** Answers whether it worked; what did not is said in place. */
  async #tried(act, done, undo) {
    const problem = this.form.querySelector("[data-controls-problem]");
    problem.hidden = true;
    try {
      await act();
    } catch (error) {
      problem.textContent = Object.values(error.fields ?? {}).flat(2)[0] ?? error.message;
      problem.hidden = false;
      return false;
    }
    if (done) this.toasts.show(done, { undo });
    return true;
  }
}

const valueOf = (field) => (field.type === "checkbox" ? field.checked : Number(field.value));

function put(field, value) {
  if (field.type === "checkbox") field.checked = value;
  else field.value = String(value);
}
