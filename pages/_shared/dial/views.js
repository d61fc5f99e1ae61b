// The linked views of the dial: shrinkage, map, group size, lines. Each draws one frame
// from a scene (see `sceneOf`) and says where its groups are, for pointing at them.

import { crowdRange, logTicks, number, shorten, ticks } from "./format.js";
import { arrowhead, axes, boxOf, circles, fade, font, Labels, rgba, scale, segment, segments } from "./plot.js";

const MANY = 1500;

/** What does not change while dragging: orders, limits, movers. */
export function preparedOf(model, base, complete, labels) {
  const { J, k } = model;
  const isWhole = new Uint8Array(J).fill(1);
  for (let a = 0; a < k * J; a++) if (!model.estimable[a]) isWhole[a % J] = 0;
  const limits = [];
  const orders = [];
  const spreads = [];
  for (let a = 0; a < k; a++) {
    const own = [];
    const always = [];
    for (let j = 0; j < J; j++) {
      if (model.estimable[a * J + j]) own.push(base.own[a * J + j]);
      always.push(base.pooled[a * J + j], complete[a * J + j]);
    }
    limits.push(crowdRange(own, always));
    spreads.push(limits[a][1] - limits[a][0]);
    const height = (j) =>
      model.estimable[a * J + j] ? base.own[a * J + j] : base.pooled[a * J + j];
    orders.push(Array.from({ length: J }, (_, j) => j).sort((i, j) => height(i) - height(j)));
  }
  const ranks = orders.map((order) => {
    const rank = new Int32Array(J);
    order.forEach((j, i) => (rank[j] = i));
    return rank;
  });
  const distance = Float64Array.from({ length: J }, (_, j) => {
    let sum = 0;
    for (let a = 0; a < k; a++) {
      if (!model.estimable[a * J + j]) continue;
      sum += ((base.own[a * J + j] - base.pooled[a * J + j]) / spreads[a]) ** 2;
    }
    return Math.sqrt(sum);
  });
  const movers = Array.from(distance.keys()).sort((i, j) => distance[j] - distance[i]);
  const sizes = model.n;
  let [least, most] = [Infinity, 0];
  for (const n of sizes) {
    if (n < least) least = n;
    if (n > most) most = n;
  }
  const noise = [];
  for (let a = 0; a < k; a++) {
    const each = [];
    for (let j = 0; j < J; j++) {
      if (model.estimable[a * J + j]) each.push(model.se[a * J + j] * Math.sqrt(sizes[j]));
    }
    each.sort((p, q) => p - q);
    noise.push(each.length ? each[Math.floor(each.length / 2)] : NaN);
  }
  return {
    isWhole,
    limits,
    orders,
    ranks,
    movers: movers.slice(0, 60),
    complete,
    noise,
    sizes: [least, most],
    whole: Int32Array.from(isWhole.keys()).filter((j) => isWhole[j]),
    part: Int32Array.from(isWhole.keys()).filter((j) => !isWhole[j]),
    names: labels.names ?? model.names,
  };
}

const roomFor = new WeakMap();

function pixels(panel, name, size) {
  let room = roomFor.get(panel);
  if (!room) roomFor.set(panel, (room = {}));
  if (!room[name] || room[name].length !== size) room[name] = new Float64Array(size);
  return room[name];
}

function isSame(values, start, J) {
  for (let j = 1; j < J; j++) if (Math.abs(values[start + j] - values[start]) > 1e-12) return false;
  return true;
}

/** The reader's zoom, or the view's own limits. */
function limitsOf(panel, x, y) {
  return panel.zoom ?? { x, y };
}

function clip(ctx, box) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  ctx.clip();
}

/** Own and pooled points joined by lines, selected and hovered ones on top. */
function drawMoves(panel, scene, { x0, y0, x1, y1, own, other, out, radius }) {
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
  segments(ctx, x0, y0, x1, y1, J > MANY && out.length ? without(own, out) : own);
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
function drawEdges({ ctx }, scene, out, labels) {
  const { look, prepared } = scene;
  const color = look.marks.no_pooling.color;
  let named = 0;
  for (const { j, x, y, way, value } of out) {
    arrowhead(ctx, x, y, way, (scene.J > 150 ? 4.5 : 6) * look.scale, color);
    if (named >= 4 || scene.isNarrow || scene.J > MANY) continue;
    const text = `${shorten(prepared.names[j], 16)} (${scene.model.n[j]}): ${number(value, 2)}`;
    const side = { left: "right", right: "left", up: "below", down: "above" }[way];
    if (labels.put(text, x, y, { color: look.palette.no_pooling_text, side })) named++;
  }
}

/** Put own points that lie outside to the edge; returns those, farthest first. */
function edgesOf(box, xs, ys, which, valueAt) {
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
function nameMarked(scene, labels, { x0, y0, x1, y1 }, isWhole) {
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

function nameMovers(scene, labels, x, y, x1, { most, which }) {
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
function drawCommon(panel, scene, box, a, to, isUpright) {
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
function drawTargets(panel, scene, a, to, other, isUpright) {
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

const shrinkage = {
  draw(panel, scene) {
    const { ctx } = panel;
    const { look, J, at, prepared, labels, model } = scene;
    const a = panel.coef;
    const row = (panel.height - 60) / J;
    const isNamed = row >= look.text.label * 0.95 && !scene.isNarrow;
    const box = boxOf(panel, look, isNamed ? 96 : 8, labels.rows);
    const limits = limitsOf(panel, prepared.limits[a], [-0.03 * J - 0.7, 1.03 * J - 0.3]);
    const x = scale(limits.x, [box.left, box.right]);
    const y = scale(limits.y, [box.bottom, box.top]);
    x.ticks = ticks(...limits.x, (box.right - box.left) / 58);
    y.ticks = isNamed
      ? prepared.orders[a].map((j, i) => ({ value: i, text: shorten(prepared.names[j], 12) }))
      : [];
    y.isPlain = true;
    axes(ctx, look, box, x, y, [labels.axes[a], labels.rows]);
    const [x0, x1, ys] = ["x0", "x1", "ys"].map((name) => pixels(panel, name, J));
    const { own, other } = shownOf(scene, a);
    for (let j = 0; j < J; j++) {
      x0[j] = x(at.own[a * J + j]);
      x1[j] = x(at.pooled[a * J + j]);
      ys[j] = y(prepared.ranks[a][j]);
    }
    clip(ctx, box);
    drawCommon(panel, scene, box, a, x, true);
    drawTargets(panel, scene, a, x, ys, true);
    const sides = edgesOf({ ...box, top: -1e9, bottom: 1e9 }, x0, ys, own, (j) => at.own[a * J + j]);
    drawMoves(panel, scene, { x0, y0: ys, x1, y1: ys, own, other, out: sides });
    ctx.restore();
    const names = new Labels(ctx, look, box);
    nameMarked(scene, names, { x0, y0: ys, x1, y1: ys }, (j) => model.estimable[a * J + j]);
    drawEdges(panel, scene, sides, names);
    if (!isNamed) {
      const isOwn = (j) => scene.model.estimable[a * J + j] && ys[j] > box.top && ys[j] < box.bottom;
      nameMovers(scene, names, x0, ys, x1, { most: scene.isNarrow ? 3 : 6, which: isOwn });
    }
    panel.hits = { x0, y0: ys, x1, y1: ys, own, other };
    panel.scales = { x, y, box };
  },
};

function shownOf(scene, a) {
  const { model, J } = scene;
  const cache = (scene.prepared.shown ??= []);
  if (!cache[a]) {
    const isOwn = (j) => model.estimable[a * J + j];
    const all = Int32Array.from({ length: J }, (_, j) => j);
    cache[a] = { own: all.filter(isOwn), other: all.filter((j) => !isOwn(j)) };
  }
  return cache[a];
}

const map = {
  draw(panel, scene) {
    const { ctx } = panel;
    const { look, J, at, prepared, labels } = scene;
    const [a, b] = panel.pair;
    const box = boxOf(panel, look, 46, labels.axes[b]);
    const limits = limitsOf(panel, prepared.limits[a], prepared.limits[b]);
    const x = scale(limits.x, [box.left, box.right]);
    const y = scale(limits.y, [box.bottom, box.top]);
    x.ticks = ticks(...limits.x, (box.right - box.left) / 58);
    y.ticks = ticks(...limits.y, (box.bottom - box.top) / 50);
    axes(ctx, look, box, x, y, [labels.axes[a], labels.axes[b]]);
    const [x0, y0, x1, y1] = ["x0", "y0", "x1", "y1"].map((name) => pixels(panel, name, J));
    const radius = radii(panel, scene);
    for (let j = 0; j < J; j++) {
      x0[j] = x(at.own[a * J + j]);
      y0[j] = y(at.own[b * J + j]);
      x1[j] = x(at.pooled[a * J + j]);
      y1[j] = y(at.pooled[b * J + j]);
    }
    clip(ctx, box);
    drawEllipses(panel, scene, x, y, [a, b]);
    if (isSame(prepared.complete, a * J, J) && isSame(prepared.complete, b * J, J)) {
      const whole = look.marks.complete_pooling;
      ctx.strokeStyle = whole.color;
      ctx.lineWidth = 0.6 * whole.width;
      ctx.setLineDash(whole.dash);
      const [cx, cy] = [x(prepared.complete[a * J]), y(prepared.complete[b * J])];
      segment(ctx, cx, box.top, cx, box.bottom);
      segment(ctx, box.left, cy, box.right, cy);
      ctx.setLineDash([]);
    }
    const sides = edgesOf(box, x0, y0, prepared.whole, (j, way) =>
      at.own[(way === "left" || way === "right" ? a : b) * J + j],
    );
    drawMoves(panel, scene, {
      x0, y0, x1, y1, own: prepared.whole, other: prepared.part, out: sides,
      radius: J > MANY ? undefined : radius,
    });
    drawCentre(panel, scene, x, y, [a, b]);
    ctx.restore();
    const names = new Labels(ctx, look, box);
    nameMarked(scene, names, { x0, y0, x1, y1 }, (j) => prepared.isWhole[j]);
    drawEdges(panel, scene, sides, names);
    const isIn = (j) => prepared.isWhole[j] && !sides.some((side) => side.j === j);
    nameMovers(scene, names, x0, y0, x1, { most: scene.isNarrow ? 2 : 4, which: isIn });
    panel.hits = { x0, y0, x1, y1, own: prepared.whole, other: prepared.part };
    panel.scales = { x, y, box };
  },
};

function radii(panel, scene) {
  const out = pixels(panel, "radius", scene.J);
  const [least, most] = scene.prepared.sizes;
  const room = Math.min(Math.max(2.5 + 2 * Math.log2(most / least), 2.5), 6.5);
  const few = scene.J <= 300 ? 1 : 0.65;
  for (let j = 0; j < scene.J; j++) {
    out[j] = (2 + room * Math.sqrt(scene.model.n[j] / most)) * few * scene.look.scale * 0.8;
  }
  return out;
}

/** Outlines that hold half and nine tenths of the groups' distribution at this setting. */
function drawEllipses({ ctx, width, height }, scene, x, y, [a, b]) {
  const { model, at, J, look } = scene;
  if (!(at.c > 0 && at.c < Infinity)) return;
  const V = model.vcov;
  const [p, q, r] = [V[a][a] * at.c, V[a][b] * at.c, V[b][b] * at.c];
  const root = Math.sqrt(p);
  const lift = root > 0 ? q / root : 0;
  const rest = Math.sqrt(Math.max(r - lift * lift, 0));
  let [mx, my] = [0, 0];
  for (let j = 0; j < J; j++) {
    mx += at.target[a * J + j] / J;
    my += at.target[b * J + j] / J;
  }
  for (const share of [0.9, 0.5]) {
    const size = Math.sqrt(-2 * Math.log(1 - share));
    ctx.beginPath();
    for (let i = 0; i <= 72; i++) {
      const [cos, sin] = [size * Math.cos((i * Math.PI) / 36), size * Math.sin((i * Math.PI) / 36)];
      const px = Math.min(Math.max(x(mx + root * cos), -9 * width), 9 * width);
      const py = Math.min(Math.max(y(my + lift * cos + rest * sin), -9 * height), 9 * height);
      if (i === 0) ctx.moveTo(px, py);
      else ctx.lineTo(px, py);
    }
    ctx.fillStyle = rgba(look.marks.partial_pooling.color, 0.07);
    ctx.strokeStyle = rgba(look.marks.partial_pooling.color, 0.3);
    ctx.lineWidth = 1;
    ctx.fill();
    ctx.stroke();
  }
}

function drawCentre({ ctx }, { at, J, look }, x, y, [a, b]) {
  const isCommon = isSame(at.target, a * J, J) && isSame(at.target, b * J, J);
  ctx.strokeStyle = isCommon ? look.marks.partial_pooling.color : look.palette.text;
  ctx.globalAlpha = isCommon ? 1 : Math.max(fade(J), 0.3);
  ctx.lineWidth = (isCommon ? 3.2 : 1.3) * look.scale;
  const half = (isCommon ? 7 : 3) * look.scale;
  for (let j = 0; j < (isCommon ? 1 : J); j++) {
    const [cx, cy] = [x(at.target[a * J + j]), y(at.target[b * J + j])];
    segment(ctx, cx - half, cy, cx + half, cy);
    segment(ctx, cx, cy - half, cx, cy + half);
  }
  ctx.globalAlpha = 1;
}

const GOLDEN = 0.6180339887498949;

const size = {
  draw(panel, scene) {
    const { ctx } = panel;
    const { look, J, at, prepared, labels, model } = scene;
    const a = panel.coef;
    const box = boxOf(panel, look, 46, labels.axes[a]);
    const [least, most] = prepared.sizes;
    const wide = most > least ? 1.22 : 2;
    const limits = limitsOf(panel, [least / wide, most * wide], prepared.limits[a]);
    const x = scale(limits.x, [box.left, box.right], true);
    const y = scale(limits.y, [box.bottom, box.top]);
    x.ticks = logTicks(...limits.x, 5);
    y.ticks = ticks(...limits.y, (box.bottom - box.top) / 50);
    axes(ctx, look, box, x, y, [labels.size, labels.axes[a]]);
    const [xs, y0, y1] = ["xs", "y0", "y1"].map((name) => pixels(panel, name, J));
    const sway = most > least ? Math.min(0.11, Math.log(wide)) * x.factor : 0.4 * x.factor;
    for (let j = 0; j < J; j++) {
      xs[j] = x(model.n[j]) + sway * (2 * (((j + 1) * GOLDEN) % 1) - 1) * 0.5;
      y0[j] = y(at.own[a * J + j]);
      y1[j] = y(at.pooled[a * J + j]);
    }
    clip(ctx, box);
    drawFunnel(panel, scene, x, y, a);
    drawCommon(panel, scene, box, a, y, false);
    drawTargets(panel, scene, a, y, xs, false);
    const { own, other } = shownOf(scene, a);
    const sides = edgesOf({ ...box, left: -1e9, right: 1e9 }, xs, y0, own, (j) => at.own[a * J + j]);
    drawMoves(panel, scene, { x0: xs, y0, x1: xs, y1, own, other, out: sides });
    drawNeeded(panel, scene, box, x);
    ctx.restore();
    const names = new Labels(ctx, look, box);
    nameMarked(scene, names, { x0: xs, y0: y1, x1: xs, y1 }, () => false);
    drawEdges(panel, scene, sides, names);
    const isIn = (j) => model.estimable[a * J + j] && !sides.some((side) => side.j === j);
    nameMovers(scene, names, xs, y0, xs, { most: scene.isNarrow ? 2 : 4, which: isIn });
    panel.hits = { x0: xs, y0, x1: xs, y1, own, other };
    panel.scales = { x, y, box };
  },
};

/** Two standard errors of an own estimate around what groups are pulled to, by group size. */
function drawFunnel({ ctx }, scene, x, y, a) {
  const { at, J, look, prepared } = scene;
  const noise = prepared.noise[a] * at.sigmaY;
  if (!isSame(at.target, a * J, J) || !Number.isFinite(noise)) return;
  ctx.strokeStyle = rgba(look.marks.no_pooling.color, 0.5);
  ctx.lineWidth = 1.2;
  ctx.setLineDash(look.marks.no_pooling.dash);
  for (const side of [-2, 2]) {
    ctx.beginPath();
    for (let i = 0; i <= 60; i++) {
      const px = x.pixels[0] + ((x.pixels[1] - x.pixels[0]) * i) / 60;
      ctx.lineTo(px, y(at.target[a * J] + (side * noise) / Math.sqrt(x.back(px))));
    }
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

/** How many rows the selected group would need for an estimate that is 80% its own. */
function drawNeeded({ ctx }, { look, needed, labels }, box, x) {
  if (!needed || !Number.isFinite(needed.n)) return;
  const at = x(needed.n);
  if (at < box.left || at > box.right) return;
  ctx.strokeStyle = look.palette.muted;
  ctx.lineWidth = 1.2;
  ctx.setLineDash([3, 3]);
  segment(ctx, at, box.top + 18, at, box.bottom);
  ctx.setLineDash([]);
  ctx.fillStyle = look.palette.muted;
  ctx.font = font(look, look.text.label - 1);
  const isLeft = at > 0.6 * (box.left + box.right);
  ctx.textAlign = isLeft ? "right" : "left";
  ctx.textBaseline = "top";
  ctx.fillText(`80% own from ${needed.n} ${labels.many}`, at + (isLeft ? 4 : -4), box.top + 2);
}

const lines = {
  draw(panel, scene) {
    const { ctx } = panel;
    const { look, J, at, prepared, labels, model } = scene;
    const { grid, levels } = labels.lines;
    const G = grid.length;
    const box = boxOf(panel, look, 46, labels.outcome);
    const share = commonParts(scene);
    const height = (values, j, g) => {
      let sum = share(j, g);
      for (let a = 0; a < model.k; a++) sum += labels.lines.z[g][a] * values[a * J + j];
      return sum;
    };
    const limits = limitsOf(panel, xLimits(grid), lineLimits(scene, height));
    const x = scale(limits.x, [box.left, box.right]);
    const y = scale(limits.y, [box.bottom, box.top]);
    x.ticks = levels.length
      ? levels.map((text, g) => ({ value: grid[g], text }))
      : ticks(...limits.x, (box.right - box.left) / 58);
    y.ticks = ticks(...limits.y, (box.bottom - box.top) / 50);
    axes(ctx, look, box, x, y, [labels.lines.axis, labels.outcome]);
    const xs = grid.map((v) => x(v));
    const drawAll = (values, which) => {
      ctx.beginPath();
      for (const j of which) {
        for (let g = 0; g < G; g++) {
          const p = y(height(values, j, g));
          if (g === 0) ctx.moveTo(xs[g], p);
          else ctx.lineTo(xs[g], p);
        }
      }
      ctx.stroke();
    };
    const { marks, palette } = look;
    clip(ctx, box);
    const dim = scene.matches ? 0.2 : 1;
    ctx.lineWidth = 1;
    ctx.globalAlpha = fade(J, 0.5, 0.03) * dim;
    ctx.strokeStyle = marks.no_pooling.color;
    ctx.setLineDash(J > 300 ? [] : marks.no_pooling.dash);
    if (J <= MANY) drawAll(at.own, prepared.whole);
    ctx.setLineDash([]);
    ctx.globalAlpha = fade(J, 0.8, 0.06) * dim;
    ctx.strokeStyle = marks.partial_pooling.color;
    ctx.lineWidth = J > 300 ? 1 : 1.3 * look.scale;
    drawAll(at.pooled, allOf(J));
    ctx.globalAlpha = 1;
    if (scene.matches) drawAll(at.pooled, [...scene.matches]);
    drawCompleteLine(panel, scene, xs, y);
    drawFocus(panel, scene, x, y);
    for (const j of scene.marked) {
      ctx.strokeStyle = rgba(palette.highlight, 0.8);
      ctx.lineWidth = 9 * look.scale;
      drawAll(at.pooled, [j]);
      if (prepared.isWhole[j]) {
        ctx.strokeStyle = marks.no_pooling.color;
        ctx.lineWidth = marks.no_pooling.width;
        ctx.setLineDash(marks.no_pooling.dash);
        drawAll(at.own, [j]);
        ctx.setLineDash([]);
      }
      ctx.strokeStyle = marks.partial_pooling.color;
      ctx.lineWidth = marks.partial_pooling.width;
      drawAll(at.pooled, [j]);
    }
    ctx.restore();
    const [x0, y0, y1] = ["x0", "y0", "y1"].map((name) => pixels(panel, name, J));
    for (let j = 0; j < J; j++) {
      x0[j] = xs[0];
      y0[j] = y(height(at.pooled, j, 0));
      y1[j] = y(height(at.pooled, j, G - 1));
    }
    const names = new Labels(ctx, look, box);
    for (const j of scene.marked) {
      const text = `${shorten(prepared.names[j], 28)} (${model.n[j]})`;
      names.put(text, xs[G - 1], y1[j], { weight: 650, side: "left", gap: 6, must: true });
    }
    panel.hits = { lines: { xs, height: (j, g) => y(height(at.pooled, j, g)) } };
    panel.scales = { x, y, box };
  },
};

let everything = new Int32Array(0);
function allOf(J) {
  if (everything.length !== J) everything = Int32Array.from({ length: J }, (_, j) => j);
  return everything;
}

function xLimits(grid) {
  const [low, high] = [grid[0], grid.at(-1)];
  const pad = 0.06 * (high - low) || 0.5;
  return [low - pad, high + pad];
}

/** What the common coefficients add at a point of the grid, with everything else at its mean. */
function commonParts({ at, model, labels }) {
  const rows = labels.lines.common;
  return (j, g) => {
    let sum = 0;
    for (const [i, values, column] of rows) {
      sum += at.fixef[i] * values[g] * (column < 0 ? 1 : model.u[column * model.J + j]);
    }
    return sum;
  };
}

function lineLimits(scene, height) {
  const { prepared, J, base, labels } = scene;
  if (prepared.lineLimits) return prepared.lineLimits;
  const [own, always] = [[], []];
  const step = Math.max(1, Math.floor(J / 3000));
  for (let j = 0; j < J; j += step) {
    for (const g of [0, labels.lines.grid.length - 1]) {
      if (prepared.isWhole[j]) own.push(height(base.own, j, g));
      always.push(height(base.pooled, j, g));
    }
  }
  const rows = labels.lines.rows ?? [];
  return (prepared.lineLimits = crowdRange(own.concat(rows), always, 0.9));
}

function drawCompleteLine({ ctx }, scene, xs, y) {
  const { look, J, prepared, model, complete } = scene;
  const whole = look.marks.complete_pooling;
  let isCommon = true;
  for (let a = 0; a < model.k; a++) isCommon &&= isSame(prepared.complete, a * J, J);
  if (!isCommon) return;
  const { at } = scene;
  scene.at = { ...at, fixef: complete.fixef };
  const share = commonParts(scene);
  scene.at = at;
  ctx.strokeStyle = whole.color;
  ctx.lineWidth = whole.width;
  ctx.setLineDash(whole.dash);
  ctx.beginPath();
  xs.forEach((px, g) => {
    let sum = share(0, g);
    for (let a = 0; a < model.k; a++) sum += scene.labels.lines.z[g][a] * prepared.complete[a * J];
    ctx.lineTo(px, y(sum));
  });
  ctx.stroke();
  ctx.setLineDash([]);
}

/** The rows of the selected group. */
function drawFocus({ ctx }, { focus, look, selected, labels }, x, y) {
  if (!focus || focus.group !== selected) return;
  ctx.globalAlpha = fade(focus.x.length, 0.85, 0.25);
  const isLevels = labels.lines.levels.length > 0 || labels.lines.sway;
  const xs = focus.x.map((v, i) => x(v) + (isLevels ? 14 * ((((i + 1) * GOLDEN) % 1) - 0.5) : 0));
  circles(ctx, xs, focus.y.map((v) => y(v)), 2.6 * look.scale, { fill: look.palette.points });
  ctx.globalAlpha = 1;
}

export const VIEWS = { shrinkage, map, size, lines };

/** The group nearest to a point of a panel, or -1 beyond a finger's breadth. */
export function nearest(panel, px, py, reach = 16) {
  const { hits } = panel;
  if (!hits) return -1;
  if (hits.lines) return nearestLine(panel, px, py, reach);
  let [best, found] = [reach * reach, -1];
  const look = (xs, ys, which, bonus) => {
    for (const j of which) {
      const d = (xs[j] - px) ** 2 + (ys[j] - py) ** 2 + bonus;
      if (d < best) [best, found] = [d, j];
    }
  };
  look(hits.x1, hits.y1, hits.own, 0);
  look(hits.x1, hits.y1, hits.other, 0);
  look(hits.x0, hits.y0, hits.own, 0.5);
  return found;
}

function nearestLine(panel, px, py, reach) {
  const { xs, height } = panel.hits.lines;
  const { box } = panel.scales;
  if (px < box.left || px > box.right || xs.length < 2) return -1;
  let g = 0;
  while (g < xs.length - 2 && px > xs[g + 1]) g++;
  const share = (px - xs[g]) / (xs[g + 1] - xs[g]);
  let [best, found] = [reach, -1];
  for (let j = 0; j < panel.count; j++) {
    const p = height(j, g) + share * (height(j, g + 1) - height(j, g));
    const d = Math.abs(p - py);
    if (d < best) [best, found] = [d, j];
  }
  return found;
}
