/** A chart as a picture for a report: on white, at one size, with its title, webinar, zone and definition. */
import uPlot from "uplot";

import { PAPER } from "./chart_look.js";
import { columnsOf, drawLabels, optionsOf } from "./chart_options.js";
import { chartTexts } from "./chart_texts.js";
import { linesOf } from "./text_lines.js";

const SIZE = { width: 1100, height: 440 };
const MARGIN = 32;
const LINE = 20;

function draw(chart, { zone, font }) {
  const { columns, places } = columnsOf(chart);
  const texts = chartTexts(chart, zone);
  const holder = document.createElement("div");
  holder.className = "ef-drawing-board";
  document.body.append(holder);
  return new Promise((resolve) => {
    const options = optionsOf({ chart, places, look: PAPER, texts, size: SIZE, zone, font, isPicture: true });
    const labels = (plot) => drawLabels(plot, { places, look: PAPER, texts, row: null, font });
    const ready = (plot) => resolve({ plot, done: () => (plot.destroy(), holder.remove()) });
    new uPlot({ ...options, hooks: { draw: [labels], ready: [ready] } }, columns, holder);
  });
}

/** A Blob of the picture. `webinar` and `zone` are written under the title, `definition` at the bottom. */
export async function pictureOf(chart, { webinar, zone, font }) {
  const { plot, done } = await draw(chart, { zone, font });
  const source = plot.ctx.canvas;
  const ratio = source.width / SIZE.width;
  const canvas = document.createElement("canvas");
  const ctx = canvas.getContext("2d");
  const width = SIZE.width + 2 * MARGIN;
  ctx.font = `14px ${font}`;
  const lines = linesOf(chart.definition, (line) => ctx.measureText(line).width <= SIZE.width);
  const height = 2 * MARGIN + 72 + SIZE.height + 16 + lines.length * LINE;
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  ctx.scale(ratio, ratio);
  ctx.fillStyle = PAPER.ground;
  ctx.fillRect(0, 0, width, height);
  ctx.textBaseline = "top";
  const write = (text, y, style, colour) => {
    ctx.font = `${style} ${font}`;
    ctx.fillStyle = colour;
    ctx.fillText(text, MARGIN, y);
  };
  write(chart.title, MARGIN, "700 24px", PAPER.ink);
  write(`${webinar} · ${zone}`, MARGIN + 36, "14px", PAPER.muted);
  ctx.drawImage(source, MARGIN, MARGIN + 72, SIZE.width, SIZE.height);
  lines.forEach((line, number) => write(line, MARGIN + 72 + SIZE.height + 16 + number * LINE, "14px", PAPER.muted));
  done();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
