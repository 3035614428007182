/** The timeline of `stats/access` as uPlot's columns, and where its labels stand. */

/**
 * [times, averages, fewest, most], times in seconds. Where a bucket is missing, a row of nulls follows the
 * bucket before it, so that the line breaks: a missed stretch is never drawn as if it had been seen.
 */
export function columnsOf(timeline, bucketSeconds) {
  const columns = [[], [], [], []];
  const add = (...row) => row.forEach((value, index) => columns[index].push(value));
  let previous = null;
  for (const { time, avgParticipants, minParticipants, maxParticipants } of timeline) {
    const at = Date.parse(time) / 1000;
    if (previous !== null && at - previous > bucketSeconds) add(previous + bucketSeconds, null, null, null);
    add(at, avgParticipants, minParticipants, maxParticipants);
    previous = at;
  }
  return columns;
}

/** Indexes of values with no neighbour: a line cannot show them, so they get a point. */
export function lonelyIndexes(values) {
  const missing = (value) => value === null || value === undefined;
  return values.flatMap((value, index) =>
    !missing(value) && missing(values[index - 1]) && missing(values[index + 1]) ? [index] : [],
  );
}

/** The last row that has values; -1 without any. */
export const lastIndex = (values) => values.findLastIndex((value) => value !== null);

/** Moves labels apart vertically so that none is nearer than `gap` to the next, keeping their order and `bottom`. */
export function spread(labels, { gap, top, bottom }) {
  const placed = labels.map((label) => ({ ...label })).sort((a, b) => a.y - b.y);
  let floor = top;
  for (const label of placed) {
    label.y = Math.max(label.y, floor);
    floor = label.y + gap;
  }
  let ceiling = bottom;
  for (const label of placed.toReversed()) {
    label.y = Math.min(label.y, ceiling);
    ceiling = label.y - gap;
  }
  return placed;
}
