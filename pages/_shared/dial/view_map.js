// Two coefficients of every group against each other, with the distribution of the groups.

import { ticks, titled } from "./format.js";
import { drawEdges, drawMoves, edgesOf, nameMarked, nameMovers } from "./moves.js";
import { axes, boxOf, fade, Labels, rgba, scale, segment, uprightTicks } from "./plot.js";
import { clip, isSame, limitsOf, MANY, pixels } from "./prepare.js";

export const map = {
  draw(panel, scene) {
    const { ctx } = panel;
    const { look, J, at, prepared, labels } = scene;
    const [a, b] = panel.pair;
    const limits = limitsOf(panel, prepared.limits[a], prepared.limits[b]);
    const titles = [titled(labels.axes[a], limits.x), titled(labels.axes[b], limits.y)];
    const upright = uprightTicks(panel, look, limits.y);
    const box = boxOf(panel, look, upright.room, titles[1]);
    const x = scale(limits.x, [box.left, box.right]);
    const y = scale(limits.y, [box.bottom, box.top]);
    x.ticks = ticks(...limits.x, (box.right - box.left) / 58);
    y.ticks = upright.ticks;
    axes(ctx, look, box, x, y, titles);
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
  const { now, at, J, look } = scene;
  if (!(at.c > 0 && at.c < Infinity)) return;
  const V = now.vcov;
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
