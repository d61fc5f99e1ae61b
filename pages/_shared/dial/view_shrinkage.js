// Every group's own estimate and where pooling takes it, one row a group.

import { ticks, titled } from "./format.js";
import { drawCommon, drawEdges, drawMoves, drawTargets, edgesOf, nameMarked, nameMovers } from "./moves.js";
import { axes, boxOf, clipped, font, Labels, scale } from "./plot.js";
import { clip, limitsOf, pixels, shownOf } from "./prepare.js";

export const shrinkage = {
  draw(panel, scene) {
    const { ctx } = panel;
    const { look, J, at, prepared, labels, model } = scene;
    const a = panel.coef;
    const row = (panel.height - 60) / J;
    const isNamed = row >= look.text.label * 0.95 && !scene.isNarrow;
    const ranked = isNamed ? namesOf(panel, scene, a) : { ticks: [], room: 8 };
    const box = boxOf(panel, look, ranked.room, labels.rows);
    const limits = limitsOf(panel, prepared.limits[a], [-0.03 * J - 0.7, 1.03 * J - 0.3]);
    const x = scale(limits.x, [box.left, box.right]);
    const y = scale(limits.y, [box.bottom, box.top]);
    x.ticks = ticks(...limits.x, (box.right - box.left) / 58);
    y.ticks = ranked.ticks;
    y.isPlain = true;
    axes(ctx, look, box, x, y, [titled(labels.axes[a], limits.x), labels.rows]);
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

/** The groups' names as ticks in their order, and the pixels that they take. */
function namesOf({ ctx }, { look, prepared }, a) {
  ctx.font = font(look, look.text.label);
  const most = 7 * look.text.label;
  const found = prepared.orders[a].map((j, i) => ({ value: i, text: clipped(ctx, prepared.names[j], most) }));
  return { ticks: found, room: Math.max(...found.map(({ text }) => ctx.measureText(text).width)) + 14 };
}
