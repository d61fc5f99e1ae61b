// Marks that the views share: own and pooled points with the way between, edges, names.

import { number, shorten } from "./format.js";
import { arrowhead, circles, fade, rgba, segment, segments } from "./plot.js";
import { isSame, MANY } from "./prepare.js";

/** Ways between own and pooled marks that are drawn at most; marks are drawn for all. */
const WAYS = 1200;

/** Own and pooled points joined by lines, selected and hovered ones on top. */
export function drawMoves(panel, scene, { x0, y0, x1, y1, own, other, out, radius }) {
  const { ctx } = panel;
  const { look, J } = scene;
  const { marks, palette } = look;
  const small = J <= 150 ? 1 : J <= 600 ? 0.75 : 0.6;
  const hollow = (marks.no_pooling.size / 2) * small;
  const filled = radius ?? (marks.partial_pooling.size / 2) * small;
  const dim = scene.matches ? 0.15 : 1;
  ctx.setLineDash([]);
  ctx.lineCap = "butt";
  ctx.globalAlpha = Math.max(fade(own.length, 1), J > MANY ? 0.14 : 0.3) * dim;
  ctx.strokeStyle = palette.axis;
  ctx.lineWidth = J > MANY ? 1 : 1.3 * look.scale;
  // Thousands of lines to the edges would draw a star of their own.
  segments(ctx, x0, y0, x1, y1, budgeted(J > MANY && out.length ? without(own, out) : own));
  ctx.globalAlpha = (J > MANY ? 0.5 : 1) * dim;
  circles(ctx, x0, y0, hollow, {
    fill: J > MANY ? marks.no_pooling.color : rgba(palette.background, 0.6),
    line: marks.no_pooling.color,
    width: (J > 150 ? 1.3 : 1.8) * look.scale,
    which: own,
  });
  ctx.globalAlpha = (J > MANY ? 0.8 : 1) * dim;
  circles(ctx, x1, y1, filled, {
    fill: rgba(marks.partial_pooling.color, 0.22),
    line: rgba(marks.partial_pooling.color, 0.75),
    width: 1.2 * look.scale,
    which: other,
  });
  circles(ctx, x1, y1, filled, {
    fill: marks.partial_pooling.color,
    line: palette.background,
    width: J > 150 ? 0 : 1 * look.scale,
    which: own,
  });
  ctx.globalAlpha = 1;
  if (scene.matches) {
    const chosen = own.filter((j) => scene.matches.has(j));
    highlight(panel, scene, { x0, y0, x1, y1, hollow, filled }, chosen, false);
    highlight(panel, scene, { x0, y0, x1, y1, hollow, filled }, other.filter((j) => scene.matches.has(j)), true);
  }
  for (const j of scene.marked) {
    const isPart = !other.every((i) => i !== j);
    halo(panel, scene, { x0, y0, x1, y1 }, j, isPart);
    highlight(panel, scene, { x0, y0, x1, y1, hollow: hollow + 1, filled: (radius ? radius[j] : filled) + 1 }, [j], isPart);
  }
}

/** As many ways as can be drawn at frame rate: all, or every so manieth. */
function budgeted(which) {
  const step = Math.ceil(which.length / WAYS);
  return step > 1 ? which.filter((_, i) => i % step === 0) : which;
}

function without(which, out) {
  const left = new Set(out.map(({ j }) => j));
  return which.filter((j) => !left.has(j));
}

function halo({ ctx }, { look, selected }, { x0, y0, x1, y1 }, j, isPart) {
  ctx.strokeStyle = rgba(look.palette.highlight, j === selected ? 0.95 : 0.5);
  ctx.lineWidth = 11 * look.scale;
  ctx.lineCap = "round";
  if (isPart) segment(ctx, x1[j], y1[j], x1[j] + 0.01, y1[j]);
  else segment(ctx, x0[j], y0[j], x1[j] + 0.01, y1[j]);
  ctx.lineCap = "butt";
}

function highlight({ ctx }, { look }, { x0, y0, x1, y1, hollow, filled }, which, isPart) {
  const { marks, palette } = look;
  if (!isPart) {
    ctx.strokeStyle = palette.text;
    ctx.lineWidth = 1.6 * look.scale;
    segments(ctx, x0, y0, x1, y1, which);
    circles(ctx, x0, y0, hollow, {
      fill: palette.background,
      line: marks.no_pooling.color,
      width: 2 * look.scale,
      which,
    });
  }
  circles(ctx, x1, y1, filled, {
    fill: isPart ? rgba(marks.partial_pooling.color, 0.4) : marks.partial_pooling.color,
    line: isPart ? marks.partial_pooling.color : palette.background,
    width: 1 * look.scale,
    which,
  });
}

/** Triangles at the edges for own estimates outside, the farthest named. */
export function drawEdges({ ctx, zoom }, scene, out, labels) {
  const { look, prepared } = scene;
  const color = look.marks.no_pooling.color;
  let named = 0;
  for (const { j, x, y, way, value } of out) {
    arrowhead(ctx, x, y, way, (scene.J > 150 ? 4.5 : 6) * look.scale, color);
    if (named >= 4 || zoom || scene.isNarrow || scene.J > MANY) continue;
    const text = `${shorten(prepared.names[j], 16)} (${scene.model.n[j]}): ${number(value, 2)}`;
    // The way to the pooled mark runs inwards from the edge: the words stand beside it.
    const isUpright = way === "up" || way === "down";
    const isCrowded = out.length > 4;
    const side = isUpright && !isCrowded ? "right" : way === "up" || y < 40 ? "below" : "above";
    if (labels.put(text, x, y, { color: look.palette.no_pooling_text, side, hold: true })) named++;
  }
}

/** Put own points that lie outside to the edge; returns those, farthest first. */
export function edgesOf(box, xs, ys, which, valueAt) {
  const out = [];
  for (const j of which) {
    let way = null;
    const [x, y] = [xs[j], ys[j]];
    if (x < box.left) way = "left";
    else if (x > box.right) way = "right";
    else if (y < box.top) way = "up";
    else if (y > box.bottom) way = "down";
    if (!way) continue;
    const far = Math.max(box.left - x, x - box.right, box.top - y, y - box.bottom);
    xs[j] = Math.min(Math.max(x, box.left + 5), box.right - 5);
    ys[j] = Math.min(Math.max(y, box.top + 5), box.bottom - 5);
    out.push({ j, way, far, x: xs[j], y: ys[j], value: valueAt(j, way) });
  }
  return out.sort((a, b) => b.far - a.far);
}

/** Name the marked groups clear of their own move: beyond its right end, or its left. */
export function nameMarked(scene, labels, { x0, y0, x1, y1 }, isWhole) {
  for (const j of scene.marked) {
    const isRight = isWhole(j) && x0[j] > x1[j];
    const [rx, ry] = isRight ? [x0[j], y0[j]] : [x1[j], y1[j]];
    const [lx, ly] = isRight || !isWhole(j) ? [x1[j], y1[j]] : [x0[j], y0[j]];
    const text = `${shorten(scene.prepared.names[j], 28)} (${scene.model.n[j]})`;
    const style = { weight: 650, gap: 11, must: true };
    if (labels.fits(text, rx, ry, { ...style, side: "right" })) {
      labels.put(text, rx, ry, { ...style, side: "right" });
    } else labels.put(text, lx, ly, { ...style, side: "left" });
  }
}

export function nameMovers(scene, labels, x, y, x1, { most, which }) {
  let named = 0;
  for (const j of scene.prepared.movers) {
    if (named >= most) break;
    if (scene.marked.includes(j) || !which(j)) continue;
    const text = `${shorten(scene.prepared.names[j], 16)} (${scene.model.n[j]})`;
    const side = x[j] >= x1[j] ? "right" : "left";
    const style = { color: scene.look.palette.muted, side, only: true };
    if (labels.put(text, x[j], y[j], style)) named++;
  }
}

/** The common line of complete pooling and what the groups are pulled to now, upright or level. */
export function drawCommon(panel, scene, box, a, to, isUpright) {
  const { ctx } = panel;
  const { look, J, at, prepared } = scene;
  const [begin, end] = isUpright ? [box.top, box.bottom] : [box.left, box.right];
  const line = (p) => (isUpright ? segment(ctx, p, begin, p, end) : segment(ctx, begin, p, end, p));
  const whole = look.marks.complete_pooling;
  if (isSame(at.target, a * J, J)) {
    ctx.strokeStyle = rgba(look.marks.partial_pooling.color, 0.55);
    ctx.lineWidth = 1.6 * look.scale;
    ctx.setLineDash([]);
    line(to(at.target[a * J]));
  }
  if (isSame(prepared.complete, a * J, J)) {
    ctx.strokeStyle = whole.color;
    ctx.lineWidth = 0.8 * whole.width;
    ctx.setLineDash(whole.dash);
    line(to(prepared.complete[a * J]));
  }
  ctx.setLineDash([]);
}

/** Where each group is pulled to, as a short tick, where that differs by group. */
export function drawTargets(panel, scene, a, to, other, isUpright) {
  const { ctx } = panel;
  const { look, J, at } = scene;
  if (isSame(at.target, a * J, J)) return;
  ctx.strokeStyle = look.marks.complete_pooling.color;
  ctx.globalAlpha = Math.max(fade(J), 0.35);
  ctx.lineWidth = 1.4 * look.scale;
  ctx.beginPath();
  const half = J > 300 ? 2 : 4;
  for (let j = 0; j < J; j++) {
    const p = to(at.target[a * J + j]);
    if (isUpright) {
      ctx.moveTo(p, other[j] - half);
      ctx.lineTo(p, other[j] + half);
    } else {
      ctx.moveTo(other[j] - half, p);
      ctx.lineTo(other[j] + half, p);
    }
  }
  ctx.stroke();
  ctx.globalAlpha = 1;
}
