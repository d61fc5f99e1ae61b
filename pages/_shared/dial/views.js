// The linked views of the dial. Each draws one frame and says where its groups are.

import { lines } from "./view_lines.js";
import { map } from "./view_map.js";
import { shrinkage } from "./view_shrinkage.js";
import { size } from "./view_size.js";

export const VIEWS = { shrinkage, map, size, lines };

/** The marks of a view in numbers, from the pixels they were drawn at. */
export function readBack(panel, scene) {
  const { side, view, hits } = panel;
  const { x, y } = panel.scales;
  const [xPixel, yPixel] = [1 / Math.abs(x.factor), 1 / Math.abs(y.factor)];
  const scales = { side, view, x_per_pixel: xPixel, y_per_pixel: yPixel };
  if (hits.lines) {
    const { xs, height } = hits.lines;
    const each = (j) => Array.from(xs, (_, g) => y.back(height(j, g)));
    return { ...scales, grid: Array.from(xs, (p) => x.back(p)), lines: Array.from({ length: scene.J }, (_, j) => each(j)) };
  }
  const read = (scale, pixels) => Array.from(pixels, (p) => scale.back(p));
  const isMap = view === "map";
  return {
    ...scales,
    x_term: isMap ? panel.pair[0] : view === "shrinkage" ? panel.coef : null,
    y_term: isMap ? panel.pair[1] : view === "size" ? panel.coef : null,
    x: read(x, hits.x1),
    y: read(y, hits.y1),
    spots: Array.from(hits.x1, (p, j) => [p, hits.y1[j]]),
  };
}

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
