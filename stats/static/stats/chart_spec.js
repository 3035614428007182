/**
 * A chart's columns and rows (stats/admin/charts.py) as uPlot wants them, and as sentences.
 *
 * `kind` says what the first column is: "time" (ISO), "since" (minutes since the start) or "watched" (minutes from,
 * with the minutes to in the next column). A null is a gap.
 */

/** Seconds for times, minutes otherwise. */
export const xValue = (chart, row) => (chart.kind === "time" ? Date.parse(row[0]) / 1000 : row[0]);

/** How long a step is on the x axis, in its own unit. */
export const xStep = (chart) => (chart.kind === "time" ? chart.step : chart.step / 60);

/**
 * [{style, values, title, high?}] of what is drawn: a band carries its upper edge in `high`. What went away is drawn
 * downwards.
 */
export function drawnSeries(chart) {
  const column = (index) => chart.rows.map((row) => row[index]);
  return chart.series.flatMap((style, index) => {
    const at = index + 1;
    const title = chart.labels[index];
    if (style === "band") return [{ style, title, values: column(at), high: column(at + 1) }];
    if (style === "bars-down") return [{ style, title, values: column(at).map((value) => value && -value) }];
    return style ? [{ style, title, values: column(at) }] : [];
  });
}

/** Without any value there is nothing to draw. */
export const isEmpty = (chart) => !drawnSeries(chart).some(({ values }) => values.some((value) => value !== null));

/** What a row says: "14:05: Came 3, Left 1". `xText` and `valueText` write the parts. */
export function rowSentence(chart, row, { xText, valueText }) {
  const first = chart.kind === "watched" ? 2 : 1;
  const said = row.slice(first).map((value, index) => `${chart.columns[index + first]} ${valueText(value)}`);
  return `${xText(row)}: ${said.join(", ")}`;
}

/** The row that the keys lead to; null for any other key. */
export function rowAfterKey(key, { row, count }) {
  if (count === 0) return null;
  const last = count - 1;
  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (!(key in steps)) return null;
  const from = row ?? (steps[key] > 0 ? -1 : count);
  return Math.max(0, Math.min(last, from + steps[key]));
}
