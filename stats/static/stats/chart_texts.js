/** How a chart writes its numbers and places, in the page's language and the webinar's zone. */
import { gettext, interpolate, pageLanguage } from "../../../webinars/static/webinars/i18n.js";
import { xValue } from "./chart_spec.js";
import { stepTime } from "./step_time.js";

const DAY_SECONDS = 86_400;

export function chartTexts(chart, zone, language = pageLanguage()) {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const rows = chart.rows;
  const isLong =
    chart.kind === "time" && rows.length > 1 && xValue(chart, rows.at(-1)) - xValue(chart, rows[0]) > DAY_SECONDS;
  const time = (at) => (isLong ? stepTime(at, { zone, language }) : clock.format(new Date(at)));
  const amount = (value) => (chart.unit === "percent" ? `${number.format(value)} %` : number.format(value));
  return {
    amount,
    value: (value) => (value === null || value === undefined ? gettext("not known") : amount(value)),
    range: (low, high) => interpolate(gettext("%(low)s to %(high)s"), { low: amount(low), high: amount(high) }),
    tick: (at) => (chart.kind === "time" ? time(at * 1000) : number.format(at)),
    x(row) {
      if (chart.kind === "time") return time(row[0]);
      if (chart.kind === "since") return interpolate(gettext("Minute %(n)s"), { n: number.format(row[0]) });
      return interpolate(gettext("%(from)s to %(to)s minutes"), { from: number.format(row[0]), to: number.format(row[1]) });
    },
    /** A row of the table. */
    cells: (row) =>
      row.map((value, index) => {
        if (index === 0 && chart.kind === "time") return stepTime(value, { zone, language });
        return value === null ? "–" : number.format(value);
      }),
  };
}
