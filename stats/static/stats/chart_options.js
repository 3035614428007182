/** uPlot's options for a chart: its scales, axes, lines, bands and bars, with the names written on it. */
import uPlot from "uplot";

import { gettext, interpolate } from "../../../webinars/static/webinars/i18n.js";
import { drawnSeries, xStep, xValue } from "./chart_spec.js";
import { FONT_SIZE, paintLabels } from "./chart_labels.js";
import { lastIndex, lonelyIndexes } from "./timeline_data.js";

/* Below this width the names stand in the drawing instead of beside it. */
const NARROW = 520;
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];
const DASH = [6, 4];

/** [data, series]: uPlot's columns, and for each of ours its place among them. */
export function columnsOf(chart) {
  const columns = [chart.rows.map((row) => xValue(chart, row))];
  const places = drawnSeries(chart).map((series) => {
    columns.push(series.values);
    const place = { ...series, index: columns.length - 1 };
    if (series.high) columns.push(series.high);
    return place;
  });
  return { columns, places };
}

export function optionsOf({ chart, places, look, texts, size, zone, font, isPicture = false }) {
  const type = `${FONT_SIZE}px ${font}`;
  const axis = { stroke: look.muted, font: type, labelFont: type, grid: { stroke: look.grid, width: 1 }, ticks: { stroke: look.grid } };
  return {
    ...size,
    padding: [16, size.width < NARROW ? 12 : labelRoom(places, texts, font), 0, 0],
    legend: { show: false },
    cursor: { show: !isPicture, y: false, drag: { setScale: false }, points: { size: 7 } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { x: { time: chart.kind === "time", range: xRange(chart) }, y: { range: yRange(chart) } },
    axes: [
      { ...axis, label: xLabel(chart, zone), labelSize: 22, size: 32, space: 64, values: (_plot, splits) => splits.map(texts.tick) },
      { ...axis, size: 52, incrs: WHOLE, values: (_plot, splits) => splits.map((value) => texts.amount(Math.abs(value))) },
    ],
    series: [{}, ...places.flatMap((place, order) => uplotSeries(place, colourOf(places, order, look)))],
    bands: places
      .filter(({ high }) => high)
      .map(({ index }) => ({ series: [index + 1, index], fill: `${look.colours[0]}33` })),
  };
}

/** How much room the widest name and number take beside the drawing. */
function labelRoom(places, texts, font) {
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = `600 ${FONT_SIZE}px ${font}`;
  const widths = places.map(({ title, values, high }) => {
    const most = Math.max(0, ...(high ?? values).map((value) => Math.abs(value ?? 0)));
    return ruler.measureText(high ? texts.range(most, most) : `${title} ${texts.amount(most + 0.1)}`).width;
  });
  return Math.ceil(Math.max(0, ...widths)) + 20;
}

/* A band belongs to the line before it. */
const colourOf = (places, order, look) =>
  look.colours[places.slice(0, order).filter(({ style }) => style !== "band").length % look.colours.length];

function uplotSeries({ style, high }, colour) {
  if (high) {
    const edge = { stroke: "transparent", width: 0, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) };
    return [edge, edge];
  }
  if (style.startsWith("bars")) {
    const filled = style === "bars";
    return [
      {
        stroke: colour,
        fill: filled ? colour : `${colour}55`,
        width: 1,
        points: { show: false },
        paths: uPlot.paths.bars({ size: [0.9, 60], align: 1 }),
      },
    ];
  }
  const points = { show: true, size: 6, fill: colour, filter: (plot, index) => lonelyIndexes(plot.data[index]) };
  return [
    {
      stroke: colour,
      width: 2,
      spanGaps: false,
      points,
      dash: style === "dashed" ? DASH : undefined,
      paths: uPlot.paths.stepped({ align: 1 }),
    },
  ];
}

/* Not from uPlot's guess, which gives a lone point a whole day. */
const xRange = (chart) => (plot) => {
  const places = plot.data[0];
  const first = places[0] ?? 0;
  return [first, Math.max(places.at(-1) ?? 0, first + 1e-9) + xStep(chart)];
};

const yRange = (chart) => (_plot, low, high) => {
  if (chart.unit === "percent") return [0, 100];
  return [Math.min(0, Math.floor((low || 0) * 1.1)), Math.max(5, Math.ceil((high || 0) * 1.1))];
};

function xLabel(chart, zone) {
  if (chart.kind === "time") return interpolate(gettext("Time in %(zone)s"), { zone });
  return chart.kind === "since" ? gettext("Minutes since the start") : gettext("Minutes watched");
}

/** The lines are named where they end, or where the reader points, instead of in a legend. */
export function drawLabels(plot, { places, look, texts, row, font }) {
  const ratio = plot.ctx.canvas.width / plot.width;
  const labels = places.flatMap((place, order) => labelsOf(plot, place, colourOf(places, order, look), { look, texts, row }));
  if (!labels.length) return;
  const { left, width } = plot.bbox;
  const isNarrow = plot.width < NARROW;
  paintLabels(plot, labels, {
    x: left + width + (isNarrow ? -6 : 8) * ratio,
    align: isNarrow ? "right" : "left",
    font: `600 ${FONT_SIZE * ratio}px ${font}`,
    ground: look.ground,
    ratio,
  });
}

function labelsOf(plot, { values, high, title }, colour, { look, texts, row }) {
  const at = row ?? lastIndex(values);
  if (at < 0 || values[at] === null || values[at] === undefined) return [];
  const y = plot.valToPos((high ?? values)[at], "y", true);
  if (!high) return [{ text: `${title} ${texts.amount(Math.abs(values[at]))}`.trim(), y, colour }];
  return high[at] === values[at] ? [] : [{ text: texts.range(values[at], high[at]), y, colour: look.muted }];
}
