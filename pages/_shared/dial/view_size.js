// Estimates by group size: the funnel of own estimates, and where it takes a group 80% its own.

import { counted, fill, logTicks, titled } from "./format.js";
import { drawCommon, drawEdges, drawMoves, drawTargets, edgesOf, nameMarked, nameMovers } from "./moves.js";
import { axes, boxOf, font, Labels, rgba, scale, segment, uprightTicks } from "./plot.js";
import { clip, GOLDEN, isSame, limitsOf, pixels, shownOf } from "./prepare.js";

export const size = {
  draw(panel, scene) {
    const { ctx } = panel;
    const { look, J, at, prepared, labels, model } = scene;
    const a = panel.coef;
    const [least, most] = prepared.sizes;
    const wide = most > least ? 1.22 : 2;
    const limits = limitsOf(panel, [least / wide, most * wide], prepared.limits[a]);
    const titles = [labels.size, titled(labels.axes[a], limits.y)];
    const upright = uprightTicks(panel, look, limits.y);
    const box = boxOf(panel, look, upright.room, titles[1]);
    const x = scale(limits.x, [box.left, box.right], true);
    const y = scale(limits.y, [box.bottom, box.top]);
    x.ticks = logTicks(...limits.x, 5);
    y.ticks = upright.ticks;
    axes(ctx, look, box, x, y, titles);
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
function drawNeeded({ ctx }, { look, needed, labels, text }, box, x) {
  if (!needed || !Number.isFinite(needed.n)) return;
  const at = x(needed.n);
  if (at < box.left || at > box.right) return;
  ctx.strokeStyle = look.palette.muted;
  ctx.lineWidth = 1.2;
  ctx.setLineDash([3, 3]);
  segment(ctx, at, box.top, at, box.bottom);
  ctx.setLineDash([]);
  ctx.fillStyle = look.palette.muted;
  ctx.font = font(look, look.text.label - 1);
  const isLeft = at > 0.6 * (box.left + box.right);
  ctx.textAlign = isLeft ? "right" : "left";
  ctx.textBaseline = "top";
  const words = fill(text.eighty, { n: counted(needed.n, labels) });
  ctx.fillText(words, at + (isLeft ? -4 : 4), box.top + 2);
}
