/**
 * One chart: drawn by uPlot, read by pointer or by keys. The arrow keys move a cursor from step to step, and the line
 * below says what stands there.
 */
import uPlot from "uplot";

import { lookOf } from "./chart_look.js";
import { columnsOf, drawLabels, optionsOf } from "./chart_options.js";
import { rowAt } from "./chart_rows.js";
import { isEmpty, rowAfterKey, rowSentence, xStep } from "./chart_spec.js";
import { chartTexts } from "./chart_texts.js";

export class FigureChart {
  #plot = null;
  #chart = null;
  #texts = null;
  #row = null;

  /** `place` is the focusable element to draw in, `said` the line that says what the cursor is on. */
  constructor({ place, said, zone }) {
    Object.assign(this, { place, said, zone });
    place.addEventListener("keydown", (event) => this.#key(event));
    place.addEventListener("blur", () => this.#pointAt(null));
    new ResizeObserver(() => this.#resize()).observe(place);
    new MutationObserver(() => this.#rebuild()).observe(document.documentElement, { attributeFilter: ["class"] });
  }

  show(chart) {
    this.#chart = chart;
    this.#texts = chartTexts(chart, this.zone);
    this.place.dataset.points = chart.rows.length;
    this.place.hidden = isEmpty(chart);
    this.#rebuild();
    const row = this.#row !== null && this.#row < chart.rows.length ? this.#row : null;
    this.#row = null;
    if (row !== null) this.#moveTo(row);
  }

  #size() {
    return { width: this.place.clientWidth, height: this.place.clientHeight || 280 };
  }

  #resize() {
    const { width, height } = this.#size();
    if (!this.#plot) this.#rebuild();
    else if (width && (width !== this.#plot.width || height !== this.#plot.height)) this.#plot.setSize({ width, height });
  }

  #rebuild() {
    if (!this.#chart || this.place.hidden || !this.place.clientWidth) return;
    this.#plot?.destroy();
    const { columns, places } = columnsOf(this.#chart);
    const font = getComputedStyle(this.place).fontFamily;
    const look = lookOf(this.place);
    const options = optionsOf({ chart: this.#chart, places, look, texts: this.#texts, size: this.#size(), zone: this.zone, font });
    const labels = (plot) => drawLabels(plot, { places, look, texts: this.#texts, row: this.#row, font });
    const hooks = { draw: [labels], setCursor: [(plot) => this.#pointed(plot)] };
    const dataIdx = (plot, _series, _closest, x) => rowAt(plot.data[0], x);
    this.#plot = new uPlot({ ...options, hooks, cursor: { ...options.cursor, dataIdx } }, columns, (plot, ready) => {
      this.place.replaceChildren(plot.root);
      ready();
    });
  }

  #pointed(plot) {
    const { left } = plot.cursor;
    this.#pointAt(left >= 0 ? rowAt(plot.data[0], plot.posToVal(left, "x")) : null);
  }

  #key(event) {
    if (event.key === "Escape") return this.#moveTo(null);
    const row = rowAfterKey(event.key, { row: this.#row, count: this.#chart?.rows.length ?? 0 });
    if (row === null) return undefined;
    event.preventDefault();
    return this.#moveTo(row);
  }

  #moveTo(row) {
    if (!this.#plot) return;
    const x = row === null ? null : this.#plot.data[0][row] + xStep(this.#chart) / 2;
    this.#plot.setCursor(row === null ? { left: -10, top: -10 } : { left: this.#plot.valToPos(x, "x"), top: 0 });
    this.#pointAt(row);
  }

  #pointAt(row) {
    if (row === this.#row) return;
    this.#row = row;
    const chart = this.#chart;
    const said = row === null ? "" : rowSentence(chart, chart.rows[row], { xText: this.#texts.x, valueText: this.#texts.value });
    this.said.textContent = said;
    const value = row === null ? 0 : row;
    this.place.setAttribute("aria-valuemax", Math.max(0, chart.rows.length - 1));
    this.place.setAttribute("aria-valuenow", value);
    if (row === null) this.place.removeAttribute("aria-valuetext");
    else this.place.setAttribute("aria-valuetext", this.#texts.x(chart.rows[row]));
    this.#plot?.redraw(false);
  }
}
