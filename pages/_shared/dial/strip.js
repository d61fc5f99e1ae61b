// The dial's own axis: the evidence above it, the stops, the notch and the hand.

import { logTicks } from "./format.js";
import { placeOf } from "./model.js";
import { font, rgba, segment } from "./plot.js";

/** Depth of the drawn log likelihood: what lies further down is all equally unlikely. */
const DEPTH = 8;

export function drawStrip({ ctx, width, height }, scene) {
  const { look, model, evidence, at } = scene;
  const { palette } = look;
  const size = look.text.label;
  const floor = height - 2.8 * size;
  const top = 6;
  const side = 12;
  const x = (c) => side + placeOf(model.range, c) * (width - 2 * side);
  const y = (drop) => top + (Math.min(Math.max(-drop, 0), DEPTH) / DEPTH) * (floor - top - 2);
  const area = { x, y, top, floor, left: side, right: width - side, width, size };
  if (evidence) drawLikelihood(ctx, scene, area);
  if (evidence?.cv) drawError(ctx, scene, area);
  drawAxis(ctx, scene, area);
  const hand = x(at.c);
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = 1.6;
  segment(ctx, hand, top - 4, hand, floor);
  return area;
}

function drawLikelihood(ctx, { evidence, look, model, text }, { x, y, floor, top, size }) {
  const blue = look.marks.partial_pooling.color;
  const [low, high] = evidence.interval;
  ctx.fillStyle = rgba(blue, 0.1);
  const from = low === 0 ? x(0) : x(Math.max(low, model.range[0]));
  const to = high === null ? x(Infinity) : x(Math.min(high, model.range[1]));
  ctx.fillRect(from, top - 4, to - from, floor - top + 4);
  ctx.beginPath();
  ctx.moveTo(x(0), floor);
  ctx.lineTo(x(0), y(evidence.at_complete));
  evidence.c.forEach((c, i) => {
    if (c >= model.range[0] && c <= model.range[1]) ctx.lineTo(x(c), y(evidence.log_likelihood[i]));
  });
  ctx.lineTo(x(model.range[1]), floor);
  ctx.fillStyle = rgba(blue, 0.16);
  ctx.fill();
  ctx.beginPath();
  ctx.moveTo(x(0), y(evidence.at_complete));
  evidence.c.forEach((c, i) => {
    if (c >= model.range[0] && c <= model.range[1]) ctx.lineTo(x(c), y(evidence.log_likelihood[i]));
  });
  ctx.strokeStyle = blue;
  ctx.lineWidth = 1.8 * look.scale;
  ctx.stroke();
  ctx.font = font(look, size - 1);
  ctx.fillStyle = look.palette.partial_pooling_text;
  ctx.textBaseline = "top";
  const isRight = to + ctx.measureText(text.interval).width + 8 < x(Infinity);
  ctx.textAlign = isRight ? "left" : "right";
  ctx.fillText(text.interval, isRight ? to + 6 : from - 6, top - 2);
  ctx.fillText(text.likelihood, isRight ? to + 6 : from - 6, top - 2 + 1.25 * size);
}

/** The cross-validated error: low is good, so its curve hangs from the top. */
function drawError(ctx, { evidence, look, model }, { x, top, floor }) {
  const { c, error, best } = evidence.cv;
  const [least, most] = [Math.min(...error), Math.max(...error)];
  const y = (e) => floor - 4 - ((e - least) / (most - least || 1)) * (floor - top - 8);
  ctx.strokeStyle = look.palette.muted;
  ctx.lineWidth = 1.4 * look.scale;
  ctx.setLineDash([6, 3]);
  ctx.beginPath();
  c.forEach((at, i) => {
    const inside = at === "none" ? Infinity : at;
    if (inside === 0 || inside === Infinity || (at >= model.range[0] && at <= model.range[1])) {
      ctx.lineTo(x(inside), y(error[i]));
    }
  });
  ctx.stroke();
  ctx.setLineDash([]);
  const place = best === "none" ? Infinity : best;
  ctx.fillStyle = look.palette.background;
  ctx.strokeStyle = look.palette.text;
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  ctx.arc(x(place), y(least), 4 * look.scale, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
}

function drawAxis(ctx, { look, model, text, evidence }, { x, floor, size, left, right, width }) {
  const { palette } = look;
  ctx.strokeStyle = palette.axis;
  ctx.lineWidth = 3;
  ctx.lineCap = "round";
  segment(ctx, x(model.range[0]), floor, x(model.range[1]), floor);
  ctx.lineCap = "butt";
  for (const [c, mark] of [[0, "complete_pooling"], [Infinity, "no_pooling"]]) {
    ctx.fillStyle = look.marks[mark].color;
    ctx.fillRect(x(c) - 4, floor - 7, 8, 14);
  }
  ctx.font = font(look, size, 600);
  ctx.textBaseline = "top";
  const label = floor + 16;
  const ends = [
    [text.complete, "left", left - 8, palette.complete_pooling],
    [text.none, "right", right + 8, palette.no_pooling_text],
  ];
  const taken = [];
  for (const [words, align, at, color] of ends) {
    ctx.textAlign = align;
    ctx.fillStyle = color;
    ctx.fillText(words, at, label);
    const room = ctx.measureText(words).width;
    taken.push(align === "left" ? [at, at + room] : [at - room, at]);
  }
  const notch = x(1);
  ctx.strokeStyle = look.marks.partial_pooling.color;
  ctx.lineWidth = 3;
  segment(ctx, notch, floor - 8, notch, floor + 8);
  ctx.fillStyle = palette.partial_pooling_text;
  ctx.textAlign = "center";
  const middle = ctx.measureText(text.estimate).width / 2;
  const at = Math.min(Math.max(notch, taken[0][1] + middle + 8), taken[1][0] - middle - 8);
  ctx.fillText(text.estimate, at, label);
  taken.push([at - middle, at + middle]);
  ctx.font = font(look, size - 1);
  ctx.fillStyle = palette.muted;
  for (const tick of logTicks(model.range[0], model.range[1], 6)) {
    const p = x(tick.value);
    ctx.strokeStyle = palette.axis;
    ctx.lineWidth = 1;
    segment(ctx, p, floor + 3, p, floor + 7);
    const words = `${tick.text}\u00d7`;
    const half = ctx.measureText(words).width / 2 + 5;
    if (taken.some(([a, b]) => p + half > a && p - half < b) || p - half < 0 || p + half > width) {
      continue;
    }
    taken.push([p - half, p + half]);
    ctx.fillText(words, p, label);
  }
  for (const c of evidence?.modes ?? []) {
    ctx.fillStyle = look.marks.partial_pooling.color;
    ctx.beginPath();
    ctx.arc(x(c), floor - 12, 3.5, 0, 2 * Math.PI);
    ctx.fill();
  }
}
