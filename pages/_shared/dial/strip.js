// The dial's own axis: the evidence above it, the stops, the notch and the hands.

import { logTicks } from "./format.js";
import { font, rgba, segment } from "./plot.js";
import { placeOf } from "./scale.js";
import { dense, freePlace } from "./strip_names.js";
import { isEstimate } from "./words.js";

/** Depth of the drawn log likelihood: what lies further down is all equally unlikely. */
const DEPTH = 8;
/** How far above the axis the second hand runs. */
const LANE = 30;

export function drawStrip({ ctx, width, height }, scene, position) {
  const { look, model, evidence } = scene;
  const size = look.text.label;
  const floor = height - 2.8 * size;
  const top = 6;
  const side = 12;
  const x = (c) => side + placeOf(model.range, c) * (width - 2 * side);
  const y = (drop) => top + (Math.min(Math.max(-drop, 0), DEPTH) / DEPTH) * (floor - top - 2);
  const area = { x, y, top, floor, left: side, right: width - side, width, size };
  const likelihood = evidence ? drawLikelihood(ctx, scene, area) : null;
  const error = evidence?.cv ? drawError(ctx, scene, area) : null;
  const posterior = evidence?.posterior ? drawPosterior(ctx, scene, area) : null;
  drawAxis(ctx, scene, area);
  if (evidence) nameCurves(ctx, scene, area, { likelihood, error, posterior });
  area.hands = handsOf(area, position);
  area.hands.forEach(([at, low], i) => {
    ctx.strokeStyle = look.palette.text;
    ctx.lineWidth = 1.6;
    segment(ctx, at, i === 0 && area.hands.length === 1 ? top - 4 : low - 10, at, floor);
  });
  return area;
}

function handsOf({ x, floor }, { c, slope }) {
  if (slope === null) return [[x(c), floor]];
  return [[x(c), floor], [x(slope), floor - LANE]];
}

/** Positions of a curve that are on the scale, the stops too. */
function onScale(c, range) {
  const at = c === "none" ? Infinity : c;
  return at === 0 || at === Infinity || (at >= range[0] && at <= range[1]) ? at : null;
}

function drawLikelihood(ctx, { evidence, look, model }, { x, y, floor, top }) {
  const blue = look.marks.partial_pooling.color;
  const [low, high] = evidence.interval;
  const from = low === 0 ? x(0) : x(Math.max(low, model.range[0]));
  const to = high === "none" ? x(Infinity) : x(Math.min(high, model.range[1]));
  ctx.fillStyle = rgba(blue, 0.12);
  ctx.fillRect(from, top - 4, to - from, floor - top + 4);
  const curve = [[x(0), y(evidence.at_complete)]];
  evidence.c.forEach((c, i) => {
    if (onScale(c, model.range) !== null) curve.push([x(c), y(evidence.log_likelihood[i])]);
  });
  ctx.beginPath();
  ctx.moveTo(x(0), floor);
  for (const [px, py] of curve) ctx.lineTo(px, py);
  ctx.lineTo(x(model.range[1]), floor);
  ctx.fillStyle = rgba(blue, 0.16);
  ctx.fill();
  ctx.beginPath();
  for (const [px, py] of curve) ctx.lineTo(px, py);
  ctx.strokeStyle = blue;
  ctx.lineWidth = 1.8 * look.scale;
  ctx.stroke();
  return curve;
}

/** How likely the dial's own position is: a density on this scale, highest at the top. */
function drawPosterior(ctx, { evidence, look, model }, { x, floor, top }) {
  const { c, density } = evidence.posterior;
  const curve = [];
  c.forEach((at, i) => {
    if (onScale(at, model.range) !== null) curve.push([x(at), floor - density[i] * (floor - top - 2)]);
  });
  ctx.strokeStyle = look.palette.text;
  ctx.lineWidth = 1.5 * look.scale;
  ctx.setLineDash([2, 2]);
  ctx.beginPath();
  for (const [px, py] of curve) ctx.lineTo(px, py);
  ctx.stroke();
  ctx.setLineDash([]);
  return curve;
}

/** Words for the curves, beside them; their places are kept until a curve or the size changes. */
function nameCurves(ctx, { evidence, look, text }, area, { likelihood, error, posterior }) {
  const size = area.size - 1;
  ctx.font = font(look, size);
  const words = [[[text.likelihood, text.interval], look.palette.partial_pooling_text]];
  if (error) words.push([[text.error], look.palette.muted]);
  if (posterior) words.push([[text.posterior], look.palette.text]);
  const key = [area.width, area.floor, size, evidence.c.length, text.likelihood, words.length].join(" ");
  if (named.get(evidence)?.key !== key) {
    const sizes = words.map(([lines]) => [
      Math.max(...lines.map((line) => ctx.measureText(line).width)) + 2,
      1.25 * size * lines.length,
    ]);
    named.set(evidence, { key, places: placesOf(sizes, area, [likelihood, error, posterior]) });
  }
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  words.forEach(([lines, color], i) => {
    const [x, y] = named.get(evidence).places[i];
    lines.forEach((line, l) => {
      const top = y + 1.25 * size * l;
      ctx.fillStyle = rgba(look.palette.background, 0.6);
      ctx.fillRect(x - 1, top - 1, ctx.measureText(line).width + 2, 1.2 * size);
      ctx.fillStyle = color;
      ctx.fillText(line, x, top);
    });
  });
}

const named = new WeakMap();

function placesOf(sizes, { left, right, top, floor }, [likelihood, ...more]) {
  const room = [left, top - 4, right, floor - 8];
  const curve = dense(likelihood);
  // The area under the likelihood is filled: no place for words either.
  const filled = curve.flatMap(([x, y]) => {
    const out = [];
    for (let under = y + 6; under < floor - 4; under += 6) out.push([x, under]);
    return out;
  });
  const others = more.filter(Boolean).map(dense);
  const places = [freePlace(sizes[0], room, curve, [...others.flat(), ...filled])];
  const taken = [[...places[0], ...sizes[0]]];
  others.forEach((own, i) => {
    const rest = others.filter((each) => each !== own).flat();
    const place = freePlace(sizes[i + 1], room, own, [...curve, ...filled, ...rest], taken);
    places.push(place);
    taken.push([...place, ...sizes[i + 1]]);
  });
  return places;
}

/** The cross-validated error: least at the bottom, with all that is as good underlined. */
function drawError(ctx, { evidence, look, model }, { x, top, floor }) {
  const { c, error, best, same } = evidence.cv;
  const least = Math.min(...error);
  // A wild end without pooling must not flatten the rest, nor a flat rest look steep.
  const inner = Math.max(...error.filter((_, i) => c[i] !== "none")) - least;
  const span = Math.max(Math.min(Math.max(...error) - least, 1.5 * inner), 0.01 * least) || 1;
  const y = (e) => floor - 9 - Math.min((e - least) / span, 1) * (floor - top - 13);
  ctx.strokeStyle = look.palette.muted;
  ctx.lineWidth = 1.5 * look.scale;
  ctx.setLineDash([6, 3]);
  ctx.beginPath();
  const curve = [];
  c.forEach((at, i) => {
    const place = onScale(at, model.range);
    if (place !== null) curve.push([x(place), y(error[i])]);
  });
  for (const [px, py] of curve) ctx.lineTo(px, py);
  ctx.stroke();
  ctx.setLineDash([]);
  const [low, high] = same.map((at) => x(onScale(at, model.range) ?? at));
  ctx.lineWidth = 2.5 * look.scale;
  segment(ctx, low, floor - 5, high, floor - 5);
  const place = best === "none" ? Infinity : best;
  ctx.fillStyle = look.palette.background;
  ctx.strokeStyle = look.palette.text;
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  ctx.arc(x(place), y(least), 4 * look.scale, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  return curve;
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
  const label = floor + 16;
  const taken = nameStops(ctx, { look, text, model }, { left, right, label, size });
  nameNotch(ctx, { look, text, model }, { notch: x(1), floor, label }, taken);
  ctx.font = font(look, size - 1);
  ctx.fillStyle = palette.muted;
  for (const tick of logTicks(model.range[0], model.range[1], 6)) {
    const p = x(tick.value);
    ctx.strokeStyle = palette.axis;
    ctx.lineWidth = 1;
    segment(ctx, p, floor + 3, p, floor + 7);
    const words = `${tick.text}\u00d7`;
    const half = ctx.measureText(words).width / 2 + 5;
    const isTaken = taken.some(([a, b]) => p + half > a && p - half < b);
    if (isTaken || p - half < 0 || p + half > width) continue;
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

function nameStops(ctx, { look, text, model }, { left, right, label, size }) {
  const { palette } = look;
  ctx.font = font(look, size, 600);
  ctx.textBaseline = "top";
  const ends = [
    [isEstimate(model, 0) ? text.complete_estimate : text.complete, "left", left - 8, palette.complete_pooling],
    [text.none, "right", right + 8, palette.no_pooling_text],
  ];
  return ends.map(([words, align, at, color]) => {
    ctx.textAlign = align;
    ctx.fillStyle = color;
    ctx.fillText(words, at, label);
    const room = ctx.measureText(words).width;
    return align === "left" ? [at, at + room] : [at - room, at];
  });
}

function nameNotch(ctx, { look, text, model }, { notch, floor, label }, taken) {
  ctx.strokeStyle = look.marks.partial_pooling.color;
  ctx.lineWidth = 3;
  segment(ctx, notch, floor - 8, notch, floor + 8);
  ctx.fillStyle = look.palette.partial_pooling_text;
  ctx.textAlign = "center";
  const words = model.is_substituted ? text.middle : text.estimate;
  const half = ctx.measureText(words).width / 2;
  const at = Math.min(Math.max(notch, taken[0][1] + half + 8), taken[1][0] - half - 8);
  ctx.fillText(words, at, label);
  taken.push([at - half, at + half]);
}
