/** What the page's connection is, in one of four words, from what its parts report. */
import { browserClock } from "./clock.js";
import { gettext } from "./i18n.js";

const SETTLED_MS = 5_000;

const STOP_REASONS = {
  400: () => gettext("This page and the server no longer fit together. Reload the page to continue."),
  403: () => gettext("You can no longer take part in this webinar."),
  404: () => gettext("This webinar is not available any more."),
  410: () => gettext("This webinar is closed."),
};

/** Machine codes of refusals that say more than their status. */
const STOP_CODES = {
  not_registered: () => gettext("You are no longer registered for this webinar. If this seems wrong, ask the organizer."),
  proof_required: () => gettext("This webinar asks you to confirm your email address. Reload the page to continue."),
  consent_required: () => gettext("The organizer asks for your consent first. Reload the page to continue."),
  access_changed: () => gettext("What you may do here has changed. Reload the page to continue."),
};

/** Why the room was left for good, as a sentence the person can act on. */
export const stopSentence = (status, code = null) =>
  (STOP_CODES[code] ?? STOP_REASONS[status] ?? (() => gettext("Your sign-in has ended. Reload the page to continue.")))();

/**
 * `socket`, `polling` and `pass` are the states of RoomSocket, Polling and LivePass.
 * Answers {name, sentence}; the sentence is empty unless the person can do or should know something.
 */
export function describeConnection({ online = true, superseded = false, socket, polling, pass = "valid", stopStatus = null, stopCode = null }) {
  if (superseded) return { name: "paused", sentence: "" };
  if (stopStatus !== null) return { name: "paused", sentence: stopSentence(stopStatus, stopCode) };
  if (!online) return { name: "paused", sentence: gettext("You are offline. The page continues when your network is back.") };
  if (socket === "open") return { name: "live", sentence: "" };
  if (polling === "ok") return { name: "polling", sentence: "" };
  if (polling === "open") {
    return { name: "paused", sentence: gettext("The server is not answering. We try again every minute.") };
  }
  if (pass === "late") {
    return { name: "reconnecting", sentence: gettext("We can't confirm your sign-in right now. The page keeps trying.") };
  }
  return { name: "reconnecting", sentence: "" };
}

const NAMES = {
  live: () => gettext("Live"),
  reconnecting: () => gettext("Reconnecting"),
  polling: () => gettext("Polling"),
  paused: () => gettext("Paused"),
};

/**
 * Shows the connection in an element with [data-connection-word] and [data-connection-sentence] inside, at once.
 * Screen readers hear of it, politely, when it has stayed for a few seconds and differs from what they heard last:
 * a break that heals by itself is not worth an interruption.
 */
export class ConnectionView {
  #said = NAMES.live();
  #wanted = "";
  #timer = null;

  constructor(element, { clock = browserClock } = {}) {
    this.element = element;
    this.clock = clock;
    this.word = element.querySelector("[data-connection-word]");
    this.sentence = element.querySelector("[data-connection-sentence]");
    this.announcement = element.querySelector("[data-connection-announcement]");
    element.hidden = false;
  }

  show({ name, sentence }) {
    const word = NAMES[name]();
    if (this.element.dataset.connection !== name) {
      this.element.dataset.connection = name;
      this.word.textContent = word;
    }
    if (this.sentence.textContent !== sentence) this.sentence.textContent = sentence;
    this.sentence.hidden = !sentence;
    this.#announce(sentence ? `${word}. ${sentence}` : word);
  }

  #announce(text) {
    if (text === this.#wanted) return;
    this.#wanted = text;
    this.clock.clearTimeout(this.#timer);
    if (text === this.#said) return;
    this.#timer = this.clock.setTimeout(() => {
      this.#said = text;
      this.announcement.textContent = text;
    }, SETTLED_MS);
  }
}
