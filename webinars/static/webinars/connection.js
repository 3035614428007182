/** What the page's connection is, in one of four words, from what its parts report. */
import { gettext } from "./i18n.js";

const STOP_REASONS = {
  403: () => gettext("You can no longer take part in this webinar."),
  404: () => gettext("This webinar is not available any more."),
  410: () => gettext("This webinar is closed."),
};

/** Why polling stopped for good, as a sentence the person can act on. */
export const stopSentence = (status) =>
  (STOP_REASONS[status] ?? (() => gettext("Your sign-in has ended. Reload the page to continue.")))();

/**
 * `socket` and `polling` are the states of RoomSocket and Polling.
 * Answers {name, sentence}; the sentence is empty unless the person can do or should know something.
 */
export function describeConnection({ online = true, superseded = false, socket, polling, stopStatus = null }) {
  if (superseded) return { name: "paused", sentence: "" };
  if (stopStatus !== null) return { name: "paused", sentence: stopSentence(stopStatus) };
  if (!online) return { name: "paused", sentence: gettext("You are offline. The page continues when your network is back.") };
  if (socket === "open") return { name: "live", sentence: "" };
  if (polling === "ok") return { name: "polling", sentence: "" };
  if (polling === "open") {
    return { name: "paused", sentence: gettext("The server is not answering. We try again every minute.") };
  }
  return { name: "reconnecting", sentence: "" };
}

const NAMES = {
  live: () => gettext("Live"),
  reconnecting: () => gettext("Reconnecting"),
  polling: () => gettext("Polling"),
  paused: () => gettext("Paused"),
};

/** Shows the connection in an element with [data-connection-word] and [data-connection-sentence] inside. */
export class ConnectionView {
  constructor(element) {
    this.element = element;
    this.word = element.querySelector("[data-connection-word]");
    this.sentence = element.querySelector("[data-connection-sentence]");
    element.hidden = false;
  }

  show({ name, sentence }) {
    if (this.element.dataset.connection !== name) {
      this.element.dataset.connection = name;
      this.word.textContent = NAMES[name]();
    }
    if (this.sentence.textContent !== sentence) this.sentence.textContent = sentence;
    this.sentence.hidden = !sentence;
  }
}
