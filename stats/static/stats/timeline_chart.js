/** The line of the average with the range from fewest to most as a band, in the webinar's zone. */
import uPlot from "uplot";

import { gettext, interpolate, pageLanguage } from "../../../webinars/static/webinars/i18n.js";
import { FONT_SIZE, paintLabels } from "./chart_labels.js";
import { columnsOf, lastIndex, lonelyIndexes } from "./timeline_data.js";

/* Okabe–Ito: blue on light, sky blue on dark; both at least 3 : 1 on their ground. */
const LINE = { light: "#0072B2", dark: "#56B4E9" };
const LABEL_WIDTH = 84;
const SHORTEST_RANGE_SECONDS = 600;

const isDark = () => document.documentElement.classList.contains("dark");

function look(element) {
  const style = getComputedStyle(element);
  const line = isDark() ? LINE.dark : LINE.light;
  return {
    line,
    band: `${line}33`,
    ground: style.getPropertyValue("--ef-raised").trim(),
    ink: style.getPropertyValue("--ef-ink").trim(),
    muted: style.getPropertyValue("--ef-muted").trim(),
    grid: style.getPropertyValue("--ef-line").trim(),
    font: `${FONT_SIZE}px ${style.fontFamily}`,
  };
}

const numberText = (value) =>
  new Intl.NumberFormat(pageLanguage(), { maximumFractionDigits: 1 }).format(value);

export class TimelineChart {
  #plot = null;
  #columns = [[], [], [], []];
  #pointed = null;

  constructor({ element, zone, bucketSeconds }) {
    this.element = element;
    this.zone = zone;
    this.bucketSeconds = bucketSeconds;
    this.clockFormat = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
    new ResizeObserver(() => this.#resize()).observe(element);
    new MutationObserver(() => this.#rebuild()).observe(document.documentElement, { attributeFilter: ["class"] });
  }

  show(timeline) {
    this.#columns = columnsOf(timeline, this.bucketSeconds);
    this.element.dataset.points = timeline.length;
    if (!timeline.length) return;
    if (this.#plot) this.#plot.setData(this.#columns);
    else this.#rebuild();
  }

  #size() {
    return { width: this.element.clientWidth, height: this.element.clientHeight || 320 };
  }

  #resize() {
    const { width, height } = this.#size();
    if (this.#plot && width && (width !== this.#plot.width || height !== this.#plot.height)) {
      this.#plot.setSize({ width, height });
    }
  }

  #rebuild() {
    if (!this.#columns[0].length) return;
    this.#plot?.destroy();
    this.#pointed = null;
    this.element.replaceChildren();
    this.#plot = new uPlot({ ...this.#size(), ...this.#options() }, this.#columns, (plot, ready) => {
      this.element.append(plot.root);
      ready();
      this.#resize();
    });
  }

  #options() {
    const { line, band, muted, grid, font } = look(this.element);
    const axis = { stroke: muted, font, labelFont: font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    const edge = { stroke: "transparent", width: 0, points: { show: false } };
    const zoneName = interpolate(gettext("Time in %(zone)s"), { zone: this.zone });
    return {
      padding: [16, LABEL_WIDTH, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false }, points: { size: 7 } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), this.zone),
      scales: { x: { time: true, range: this.#timeRange }, y: { range: (_plot, _low, high) => [0, Math.max(5, Math.ceil((high || 0) * 1.1))] } },
      axes: [
        { ...axis, label: zoneName, labelSize: 24, space: 64, values: (_plot, splits) => splits.map((at) => this.clockFormat.format(at * 1000)) },
        { ...axis, size: 52, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000] },
      ],
      series: [
        {},
        {
          stroke: line,
          width: 2,
          spanGaps: false,
          points: { show: true, size: 6, fill: line, filter: (plot, index) => lonelyIndexes(plot.data[index]) },
        },
        edge,
        edge,
      ],
      bands: [{ series: [3, 2], fill: band }],
      hooks: { draw: [(plot) => this.#drawLabels(plot)], setCursor: [(plot) => this.#point(plot)] },
    };
  }

  /* Not from uPlot's guess, which gives a lone point a whole day. */
  #timeRange = (plot) => {
    const times = plot.data[0];
    const end = times.at(-1) + this.bucketSeconds / 2;
    return [Math.min(times[0], end - SHORTEST_RANGE_SECONDS), end];
  };

  #point(plot) {
    const row = plot.data[1][plot.cursor.idx] == null ? null : plot.cursor.idx;
    if (row === this.#pointed) return;
    this.#pointed = row;
    plot.redraw(false);
  }

  /** The lines are named where they end, or where the reader points, instead of in a legend. */
  #drawLabels(plot) {
    const [times, averages, fewest, most] = plot.data;
    const row = this.#pointed ?? lastIndex(averages);
    if (row < 0 || row >= times.length) return;
    const { ground, ink, muted, line, font } = look(this.element);
    const ratio = devicePixelRatio;
    const x = plot.valToPos(times[row], "x", true) + 8 * ratio;
    const label = (text, value, colour) => ({ text: `${text} ${numberText(value)}`, y: plot.valToPos(value, "y", true), colour });
    const labels = [label(gettext("avg"), averages[row], line)];
    if (most[row] !== fewest[row]) {
      labels.push(label(gettext("most"), most[row], muted), label(gettext("fewest"), fewest[row], muted));
    }
    if (this.#pointed !== null) {
      labels.push({ text: this.clockFormat.format(times[row] * 1000), y: plot.bbox.top, colour: ink });
    }
    const bold = font.replace(/^\d+px/, `600 ${FONT_SIZE * ratio}px`);
    paintLabels(plot, labels, { x, align: "left", font: bold, ground, ratio });
  }
}
