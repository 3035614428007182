/** The beginning of a step of the timeline, as the server writes it: "23 Nov, 14:00", in Korean "11-23 14:00". */
export function stepTime(time, { zone, language }) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    month: language === "ko" ? "2-digit" : "short",
    day: language === "ko" ? "2-digit" : "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const at = Object.fromEntries(format.formatToParts(new Date(time)).map(({ type, value }) => [type, value]));
  const day = language === "ko" ? `${at.month}-${at.day}` : `${at.day} ${at.month},`;
  return `${day} ${at.hour}:${at.minute}`;
}
