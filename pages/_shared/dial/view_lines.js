// The groups' lines over a predictor, with the rows of the chosen group.

import { crowdRange, shorten, ticks, titled } from "./format.js";
import { axes, boxOf, circles, fade, Labels, rgba, scale, uprightTicks } from "./plot.js";
import { clip, GOLDEN, isSame, limitsOf, MANY, pixels } from "./prepare.js";

export const lines = {
  draw(panel, scene) {
    const { ctx } = panel;
    const { look, J, at, prepared, labels, model } = scene;
    const { grid, levels } = labels.lines;
    const G = grid.length;
    const share = commonParts(scene);
    const height = (values, j, g) => {
      let sum = share(j, g);
      for (let a = 0; a < model.k; a++) sum += labels.lines.z[g][a] * values[a * J + j];
      return sum;
    };
    const limits = limitsOf(panel, xLimits(grid), lineLimits(scene, height));
    const across = levels.length ? labels.lines.axis : titled(labels.lines.axis, limits.x);
    const titles = [across, titled(labels.outcome, limits.y)];
    const upright = uprightTicks(panel, look, limits.y);
    const box = boxOf(panel, look, upright.room, titles[1]);
    const x = scale(limits.x, [box.left, box.right]);
    const y = scale(limits.y, [box.bottom, box.top]);
    x.ticks = levels.length
      ? levels.map((text, g) => ({ value: grid[g], text }))
      : ticks(...limits.x, (box.right - box.left) / 58);
    y.ticks = upright.ticks;
    axes(ctx, look, box, x, y, titles);
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
