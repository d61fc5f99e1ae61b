// What the views need that does not change while dragging: limits, orders, who moves most.

import { crowdRange } from "./format.js";

/** From so many groups on, marks are small squares and lines thin. */
export const MANY = 1500;
export const GOLDEN = 0.6180339887498949;

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

export function shownOf(scene, a) {
  const { model, J } = scene;
  const cache = (scene.prepared.shown ??= []);
  if (!cache[a]) {
    const isOwn = (j) => model.estimable[a * J + j];
    const all = Int32Array.from({ length: J }, (_, j) => j);
    cache[a] = { own: all.filter(isOwn), other: all.filter((j) => !isOwn(j)) };
  }
  return cache[a];
}

const roomFor = new WeakMap();

export function pixels(panel, name, size) {
  let room = roomFor.get(panel);
  if (!room) roomFor.set(panel, (room = {}));
  if (!room[name] || room[name].length !== size) room[name] = new Float64Array(size);
  return room[name];
}

/** Do J values from `start` on agree but for rounding, whatever their units? */
export function isSame(values, start, J) {
  const first = values[start];
  const most = 1e-12 * Math.abs(first);
  for (let j = 1; j < J; j++) if (Math.abs(values[start + j] - first) > most) return false;
  return true;
}

/** The reader's zoom, or the view's own limits. */
export function limitsOf(panel, x, y) {
  return panel.zoom ?? { x, y };
}

export function clip(ctx, box) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  ctx.clip();
}
