/**
 * Times in the visitor's zone. The server writes the webinar's zone into the page; where the visitor
 * lives elsewhere, this adds their own time beside it.
 */
import { gettext, interpolate, pageLanguage } from "./i18n.js";

const visitorZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Whether the two zones show another wall clock at that moment. */
export function differs(instant, zone, other) {
  const wall = (timeZone) => new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "short", timeStyle: "short" }).format(instant);
  return wall(zone) !== wall(other);
}

/** "Friday 21 November, 10:00 – 11:00 GMT+1" in the page's language. */
export function rangeText({ start, end, timeZone, language }) {
  const format = new Intl.DateTimeFormat(language, {
    timeZone,
    weekday: "short",
    month: "long",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
  return end ? format.formatRange(start, end) : format.format(start);
}

/** Fills every [data-local-time] (data-start, data-end?, data-zone) under `root`. */
export function showLocalTimes(root = document, { timeZone = visitorZone(), language = pageLanguage() } = {}) {
  for (const place of root.querySelectorAll("[data-local-time]")) {
    const { start, end, zone } = place.dataset;
    const from = new Date(start);
    if (!differs(from, timeZone, zone)) continue;
    const text = rangeText({ start: from, end: end ? new Date(end) : null, timeZone, language });
    place.textContent = interpolate(gettext("%(time)s in your time zone"), { time: text });
    place.hidden = false;
  }
}
