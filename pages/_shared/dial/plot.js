// Drawing on a canvas in the house style: scales, axes, marks, labels.

import { ticks } from "./format.js";

/** Pixels above the box of a plot. */
const TOP = 8;

/** A linear or logarithmic scale from values to pixels. */
export function scale(limits, pixels, isLog = false) {
  const f = isLog ? Math.log : (v) => v;
  const [low, high] = limits.map(f);
  const factor = (pixels[1] - pixels[0]) / (high - low || 1);
  const to = (v) => pixels[0] + (f(v) - low) * factor;
  to.back = (p) => {
    const v = low + (p - pixels[0]) / factor;
    return isLog ? Math.exp(v) : v;
  };
  to.limits = limits;
  to.pixels = pixels;
  to.isLog = isLog;
  to.factor = factor;
  to.low = low;
  return to;
}

/** Fit a canvas to its box at the screen's resolution; returns its size in CSS pixels. */
export function fit(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return { ctx, width, height };
}

export function font(look, size, weight = 400) {
  return `${weight} ${size}px ${look.font}`;
}

export function rgba(color, alpha) {
  const part = (i) => parseInt(color.slice(i, i + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${alpha})`;
}

/** Opacity at which n overlapping marks still show their density. */
export function fade(n, most = 0.9, least = 0.12) {
  return Math.min(Math.max(most * (60 / Math.max(n, 1)) ** 0.45, least), most);
}

export function segment(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** Grid, tick labels and axis titles around the box of a plot. */
export function axes(ctx, look, box, x, y, titles) {
  const { palette, text } = look;
  ctx.lineWidth = 1;
  ctx.setLineDash([]);
  ctx.strokeStyle = palette.grid;
  ctx.fillStyle = palette.muted;
  ctx.font = font(look, text.label);
  ctx.textBaseline = "top";
  ctx.textAlign = "center";
  let edge = -Infinity;
  for (const tick of x.ticks) {
    const at = Math.round(x(tick.value)) + 0.5;
    if (at < box.left - 1 || at > box.right + 1) continue;
    if (!x.isPlain) segment(ctx, at, box.top, at, box.bottom);
    const half = ctx.measureText(tick.text).width / 2;
    const place = Math.min(Math.max(at, half), box.width - half);
    if (place - half < edge + 6) continue;
    ctx.fillText(tick.text, place, box.bottom + 6);
    edge = place + half;
  }
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  for (const tick of y.ticks) {
    const at = Math.round(y(tick.value)) + 0.5;
    if (at < box.top - 1 || at > box.bottom + 1) continue;
    if (!y.isPlain) segment(ctx, box.left, at, box.right, at);
    ctx.fillText(tick.text, box.left - 7, at);
  }
  ctx.fillStyle = palette.text;
  ctx.font = font(look, text.label + 1);
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  const middle = 0.5 * (box.left + box.right);
  const room = box.right - box.left;
  ctx.fillText(clipped(ctx, titles[0], room), middle, box.height - 1);
  ctx.save();
  ctx.translate(2, 0.5 * (box.top + box.bottom));
  ctx.rotate(-Math.PI / 2);
  ctx.textBaseline = "top";
  twoLines(ctx, titles[1], uprightRoom(box)).forEach((line, i) => {
    ctx.fillText(line, 0, i * 1.2 * (text.label + 1));
  });
  ctx.restore();
}

function uprightRoom(box) {
  return box.bottom - box.top + 16;
}

/** A title on one line, or on two where it would not fit. */
export function twoLines(ctx, title, room) {
  if (ctx.measureText(title).width <= room) return [title];
  const words = title.split(" ");
  let first = words.shift();
  while (words.length > 1 && ctx.measureText(`${first} ${words[0]}`).width <= room) {
    first += ` ${words.shift()}`;
  }
  return [first, words.join(" ")].map((line) => clipped(ctx, line, room));
}

/** The box of a plot inside its canvas; `left` holds tick labels, the rest what titles need. */
export function boxOf(panel, look, left, upright) {
  const { ctx, width, height } = panel;
  const size = look.text.label;
  const box = { right: width - 10, top: TOP, bottom: height - 2.9 * size - 8, width, height };
  ctx.font = font(look, size + 1);
  const lines = twoLines(ctx, upright, uprightRoom(box)).length;
  return { ...box, left: left + 1.2 * (size + 1) * lines };
}

/** Ticks of an upright axis and the pixels that their labels take. */
export function uprightTicks({ ctx, height }, look, limits) {
  const size = look.text.label;
  const found = ticks(...limits, (height - 2.9 * size - 8 - TOP) / 50);
  ctx.font = font(look, size);
  const widest = Math.max(0, ...found.map((tick) => ctx.measureText(tick.text).width));
  return { ticks: found, room: Math.max(widest + 12, 30) };
}

/** A text cut with an ellipsis to a width in pixels. */
export function clipped(ctx, text, room) {
  if (ctx.measureText(text).width <= room) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && ctx.measureText(`${letters.join("")}\u2026`).width > room) {
    letters.pop();
  }
  return `${letters.join("")}\u2026`;
}

/** From so many circles on they are stamped; from so many more they are squares. */
const [STAMPED, SQUARES] = [40, 1500];
const stamps = new Map();

/** The circles of one look, drawn once by radius, to be stamped: quicker than as many paths. */
function stampsOf({ fill, line, width }) {
  const ratio = window.devicePixelRatio || 1;
  const key = [fill, line, width, ratio].join(" ");
  if (!stamps.has(key)) {
    if (stamps.size > 60) stamps.clear();
    stamps.set(key, new Map());
  }
  const found = stamps.get(key);
  return (radius) => {
    let stamp = found.get(radius);
    if (!stamp) found.set(radius, (stamp = makeStamp(radius, { fill, line, width }, ratio)));
    return stamp;
  };
}

function makeStamp(radius, { fill, line, width }, ratio) {
  const size = Math.ceil(2 * (radius + width) + 2);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(size * ratio);
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  ctx.beginPath();
  ctx.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
  paintPath(ctx, { fill, line, width });
  return { canvas, size: canvas.width / ratio, half: size / 2 };
}

function paintPath(ctx, { fill, line, width }) {
  if (fill && fill !== "none") {
    ctx.fillStyle = fill;
    ctx.fill();
  }
  if (width > 0) {
    ctx.strokeStyle = line;
    ctx.lineWidth = width;
    ctx.stroke();
  }
}

/** Many circles at (xs, ys), of one radius or one each; small squares where there are thousands. */
export function circles(ctx, xs, ys, radius, { fill, line, width = 0, which = null }) {
  const n = which ? which.length : xs.length;
  const radiusOf = typeof radius === "number" ? () => radius : (j) => radius[j];
  if (n > SQUARES) {
    ctx.fillStyle = fill && fill !== "none" ? fill : line;
    const side = Math.max(2, Math.round(radius * 0.9));
    for (let i = 0; i < n; i++) {
      const j = which ? which[i] : i;
      ctx.fillRect(xs[j] - side / 2, ys[j] - side / 2, side, side);
    }
  } else if (n > STAMPED && !ctx.isVector) {
    const stampOf = stampsOf({ fill, line, width });
    for (let i = 0; i < n; i++) {
      const j = which ? which[i] : i;
      const { canvas, size, half } = stampOf(Math.round(4 * radiusOf(j)) / 4);
      ctx.drawImage(canvas, xs[j] - half, ys[j] - half, size, size);
    }
  } else {
    for (let i = 0; i < n; i++) {
      const j = which ? which[i] : i;
      ctx.beginPath();
      ctx.arc(xs[j], ys[j], radiusOf(j), 0, 2 * Math.PI);
      paintPath(ctx, { fill, line, width });
    }
  }
}

/** Segments from (x0, y0) to (x1, y1), each stroked by itself: one long path is much slower. */
export function segments(ctx, x0, y0, x1, y1, which = null) {
  const n = which ? which.length : x0.length;
  for (let i = 0; i < n; i++) {
    const j = which ? which[i] : i;
    segment(ctx, x0[j], y0[j], x1[j], y1[j]);
  }
}

/** A triangle at the edge for what lies outside. */
export function arrowhead(ctx, x, y, direction, size, color) {
  const [dx, dy] = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[direction];
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.moveTo(x + dx * size, y + dy * size);
  ctx.lineTo(x + dy * size * 0.7 - dx * size * 0.4, y + dx * size * 0.7 - dy * size * 0.4);
  ctx.lineTo(x - dy * size * 0.7 - dx * size * 0.4, y - dx * size * 0.7 - dy * size * 0.4);
  ctx.fill();
}

/** Texts that keep clear of each other: the first come are placed, the rest left out. */
export class Labels {
  constructor(ctx, look, box) {
    Object.assign(this, { ctx, look, box, taken: [] });
  }

  /** Keep a rectangle free of labels. */
  reserve(x, y, width, height) {
    this.taken.push([x, y, width, height]);
  }

  /** Would a text find room beside (x, y) on one side? */
  fits(text, x, y, { weight = 400, side, gap }) {
    const { ctx, look, box } = this;
    ctx.font = font(look, look.text.label, weight);
    const width = ctx.measureText(text).width;
    const left = side === "right" ? x + gap : x - gap - width;
    return left >= box.left && left + width <= box.right + 2;
  }

  /** Draw a text beside (x, y), shifted into the box to `hold` it; returns whether there was room. */
  put(text, x, y, { color, weight = 400, side = "right", gap = 8, must = false, only = false, hold = false } = {}) {
    const { ctx, look, box } = this;
    ctx.font = font(look, look.text.label, weight);
    const width = ctx.measureText(text).width;
    const height = look.text.label * 1.2;
    const both = side === "right" ? ["right", "left"] : ["left", "right"];
    const ways = only || !["left", "right"].includes(side) ? [side] : both;
    for (const [i, way] of [...ways, ...(must ? ["inside"] : [])].entries()) {
      let left = way === "right" ? x + gap : way === "left" ? x - gap - width : x - width / 2;
      let top = y - height / 2;
      if (way === "above") top = y - gap - height;
      if (way === "below") top = y + gap;
      if (must) top = Math.min(Math.max(top, box.top), box.bottom - height);
      if (hold && (way === "above" || way === "below")) {
        left = Math.min(Math.max(left, box.left + 2), box.right - width - 2);
      }
      if (way === "inside") left = Math.min(Math.max(left, box.left + 2), box.right - width - 2);
      const isInside = left >= box.left && left + width <= box.right + 2;
      const isFree = !this.taken.some(
        ([a, b, w, h]) => left < a + w && a < left + width && top < b + h && b < top + height,
      );
      const isLast = must && i === ways.length;
      const fits = isInside && top >= box.top - 4 && top + height <= box.bottom + 4;
      if (!isLast && !(fits && (isFree || must))) continue;
      this.taken.push([left, top, width, height]);
      ctx.fillStyle = rgba(look.palette.background, 0.72);
      ctx.fillRect(left - 2, top, width + 4, height);
      ctx.fillStyle = color ?? look.palette.text;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.fillText(text, left, top + height / 2 + 0.5);
      return true;
    }
    return false;
  }
}
