/** Labels beside a chart's lines, none over another, readable on any ground. */
import { spread } from "./timeline_data.js";

export const FONT_SIZE = 12;

/** `labels` are {text, y, colour}; `font` is CSS, in the canvas's own pixels, of which a CSS pixel has `ratio`. */
export function paintLabels({ ctx, bbox: { top, height } }, labels, { x, align, font, ground, ratio }) {
  ctx.save();
  ctx.font = font;
  ctx.textBaseline = "middle";
  ctx.textAlign = align;
  ctx.strokeStyle = ground;
  ctx.lineWidth = 4 * ratio;
  ctx.lineJoin = "round";
  const room = { gap: (FONT_SIZE + 4) * ratio, top: top + 4 * ratio, bottom: top + height - 4 * ratio };
  for (const { text, y, colour } of spread(labels, room)) {
    ctx.strokeText(text, x, y);
    ctx.fillStyle = colour;
    ctx.fillText(text, x, y);
  }
  ctx.restore();
}
