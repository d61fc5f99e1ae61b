// Where the curves of the strip are named: clear of every curve, as near to their own as can be.
// Pure: no document, no canvas.

const [STEP, GAP] = [8, 3];

/** Points along a polyline, no further apart than a few pixels. */
export function dense(line) {
  const out = [];
  line.forEach(([x, y], i) => {
    if (i === 0) {
      out.push([x, y]);
      return;
    }
    const [px, py] = line[i - 1];
    const n = Math.max(1, Math.ceil(Math.max(Math.abs(x - px), Math.abs(y - py)) / 4));
    for (let s = 1; s <= n; s++) out.push([px + (s / n) * (x - px), py + (s / n) * (y - py)]);
  });
  return out;
}

/**
 * The place of a text of some size inside `room` ([left, top, right, bottom]): its left top
 * corner. `own` and `others` are points of curves, `taken` rectangles [x, y, width, height].
 */
export function freePlace([width, height], room, own, others, taken = []) {
  const [left, top, right, bottom] = room;
  let [least, best] = [Infinity, [left, top]];
  for (let y = top; y + height <= bottom; y += STEP) {
    for (let x = left; x + width <= right; x += STEP) {
      let hits = 0;
      for (const [a, b, w, h] of taken) {
        if (x < a + w + GAP && a < x + width + GAP && y < b + h && b < y + height) hits += 400;
      }
      for (const points of [own, others]) hits += inside(points, x, y, width, height);
      const score = 1000 * hits + nearness(own, x, y, width, height);
      if (score < least) [least, best] = [score, [x, y]];
    }
  }
  return best;
}

function inside(points, x, y, width, height) {
  let count = 0;
  for (const [px, py] of points) {
    if (px > x - GAP && px < x + width + GAP && py > y - GAP && py < y + height + GAP) count++;
  }
  return count;
}

/** How far a rectangle is from the nearest point of a curve. */
function nearness(points, x, y, width, height) {
  let least = Infinity;
  for (const [px, py] of points) {
    const dx = Math.max(x - px, 0, px - x - width);
    const dy = Math.max(y - py, 0, py - y - height);
    least = Math.min(least, dx * dx + dy * dy);
  }
  return Math.sqrt(least);
}
