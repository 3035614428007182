/** Django's JavaScript catalogue, which `/jsi18n/` puts on the window before the modules run. */

/* The names are those that makemessages looks for. Without a catalogue the English text stands. */
export const gettext = (text) => globalThis.django?.gettext?.(text) ?? text;

export const ngettext = (one, many, count) =>
  globalThis.django?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);

const TURNS = /[\u202a-\u202e\u2066-\u2069]/gu;
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

/** A name that is read from right to left, or bids so, must not turn the sentence around it. */
function apart(value) {
  const plain = String(value).replace(TURNS, "");
  return FROM_THE_RIGHT.test(plain) ? `\u2068${plain}\u2069` : plain;
}

/** Fills `%(name)s` places, as Django's own `interpolate` does with named values. */
export const interpolate = (text, values) =>
  text.replace(/%\((\w+)\)s/g, (place, name) => (name in values ? apart(values[name]) : place));

/** The language of the page, for `Intl`. */
export const pageLanguage = () => globalThis.document?.documentElement.lang || "ko";

const TIME = { hour: "numeric", minute: "2-digit" };
const pageZone = () => globalThis.document?.querySelector("[data-times-in]")?.dataset.timesIn;

/** Formats times of day: in the zone that the page names, as the console does the webinar's, else in the visitor's. */
export const timeOfDay = () => new Intl.DateTimeFormat(pageLanguage(), { ...TIME, timeZone: pageZone() });

/** A moment in the same zone: its time, and its day unless that is today. */
export function timeOrDay(moment, now = new Date()) {
  const timeZone = pageZone();
  const day = new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short" });
  if (day.format(moment) === day.format(now)) return timeOfDay().format(moment);
  return new Intl.DateTimeFormat(pageLanguage(), { month: "long", day: "numeric", ...TIME, timeZone }).format(moment);
}
