/** Elapsed, remaining, over by: the sentence in the head of the live tab. */
import { gettext, interpolate } from "../../../webinars/static/webinars/i18n.js";

/** 1:02:03, whichever way the time goes. */
export function clockText(milliseconds) {
  const seconds = Math.abs(Math.trunc(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** The sentence at `now`; null once the webinar has ended, when the server's own stands. */
export function clockSentence({ state, start, end, now }) {
  if (state === "ended") return null;
  if (state !== "live" || now < start) {
    if (now < start) return interpolate(gettext("Starts in %(time)s"), { time: clockText(start - now) });
    return interpolate(gettext("%(time)s late, not started"), { time: clockText(now - start) });
  }
  const elapsed = clockText(now - start);
  if (end === null) return interpolate(gettext("%(elapsed)s elapsed, no planned end"), { elapsed });
  return now < end
    ? interpolate(gettext("%(elapsed)s elapsed, %(remaining)s remaining"), { elapsed, remaining: clockText(end - now) })
    : interpolate(gettext("%(elapsed)s elapsed, over by %(over)s"), { elapsed, over: clockText(now - end) });
}
