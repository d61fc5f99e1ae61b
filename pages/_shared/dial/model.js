// The model along the dial: every group's line at any c, from the numbers that Python sent.
// Pure: no document, no canvas. Arrays run coefficient after coefficient over the groups.

import { pullFor } from "./pull.js";
import { unitErrors, wayBack } from "./standard_errors.js";
import { sharingAt, trace, weightOf } from "./weights.js";

/** Decode base64 into a typed array (little-endian, as Python packed it). */
export function unpack(text, Type = Float64Array) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Type(bytes.buffer);
}

/** Turn the payload of `core.explore.dial.payload` into a model with typed arrays. */
export function readModel(payload) {
  const pull = { ...payload.pull };
  for (const name of ["S", "det", "strength", "axes", "back", "se"]) {
    if (pull[name] !== undefined) pull[name] = unpack(pull[name]);
  }
  const n = unpack(payload.n, Int32Array);
  if (pull.kind === "matrix") {
    const made = pullFor(pull, payload.k, n.length, pull.D, pull.is_full);
    pull.M = made.M;
    pull.whole = made.det;
  }
  const { k } = payload;
  const J = n.length;
  if (pull.kind === "directions") pull.back ??= wayBack(pull, J);
  const model = {
    ...payload,
    n,
    J,
    own: unpack(payload.own),
    se: pull.se ?? unitErrors({ k, J, pull, lacking: payload.lacking }, unpack(payload.lacking.se)),
    estimable: payload.estimable === null ? new Uint8Array(k * J).fill(1) : unpack(payload.estimable, Uint8Array),
    curve: { ...payload.curve, series: seriesOf(payload) },
    share: unpack(payload.common.share),
    u: unpack(payload.u),
    fill: unpack(payload.lacking.fill),
    stopWeight: payload.stop === null ? null : unpack(payload.lacking.weight),
    stop: payload.stop === null ? null : unpack(payload.stop),
    pull,
  };
  model.rank = ranks(model);
  model.known = model.rank.reduce((sum, rank) => sum + rank, 0);
  return model;
}

/** The functions along the dial, a row of Chebyshev coefficients each. */
function seriesOf({ curve, stops }) {
  const all = unpack(curve.series);
  const rows = 3 + stops.complete.fixef.length;
  const terms = all.length / rows;
  return Array.from({ length: rows }, (_, i) => all.subarray(i * terms, (i + 1) * terms));
}

/** In how many directions does each group's own data say something? */
function ranks(model) {
  const { J, pull } = model;
  const out = new Uint8Array(J);
  if (pull.kind === "matrix") {
    for (let j = 0; j < J; j++) {
      out[j] = pull.whole[j] > 0 ? 2 : trace(model, j) > 0 ? 1 : 0;
    }
  } else {
    for (let i = 0; i < pull.strength.length; i++) if (pull.strength[i] > 0) out[i % J]++;
  }
  return out;
}

/** Sum a Chebyshev series at x in [-1, 1] (Clenshaw). */
export function chebyshev(series, x) {
  let b1 = 0;
  let b2 = 0;
  for (let i = series.length - 1; i > 0; i--) {
    const b0 = 2 * x * b1 - b2 + series[i];
    b2 = b1;
    b1 = b0;
  }
  return x * b1 - b2 + series[0];
}

function along(curve, row, logT) {
  const [low, high] = curve.log_t;
  return chebyshev(curve.series[row], (2 * logT - low - high) / (high - low));
}

/** log t at a c: c grows along each branch, so bisection is safe. */
export function logTOf(curve, c) {
  const logC = Math.log(c);
  const atEnd = (x) => x + along(curve, 0, x);
  const branch =
    curve.branches.find(([, high]) => logC <= atEnd(high)) ?? curve.branches.at(-1);
  let [low, high] = branch;
  for (let i = 0; i < 60; i++) {
    const middle = 0.5 * (low + high);
    if (atEnd(middle) < logC) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

/**
 * Where the dial stands: t, fixed effects, sigma_y and criterion at c.
 * c is 0 (complete pooling), Infinity (no pooling) or inside the dial's range.
 */
export function settingAt(model, c) {
  if (c === 0 || c === Infinity) {
    const stop = c === 0 ? model.stops.complete : model.stops.none;
    return {
      c,
      t: c,
      fixef: stop.fixef,
      sigmaY: stop.sigma_y ?? NaN,
      value: stop.value ?? Infinity,
    };
  }
  const { curve } = model;
  const logT = logTOf(curve, c);
  return {
    c,
    t: Math.exp(logT),
    fixef: curve.series.slice(3).map((_, i) => along(curve, 3 + i, logT)),
    sigmaY: Math.exp(along(curve, 1, logT)),
    value: along(curve, 2, logT),
  };
}

/** What every group is pulled to at a setting: Float64Array of k * J. */
export function targetsAt(model, setting, out = new Float64Array(model.k * model.J)) {
  const { J, u } = model;
  out.fill(0);
  for (const [i, k, column] of model.targets) {
    const value = setting.fixef[i];
    const start = k * J;
    if (column < 0) for (let j = 0; j < J; j++) out[start + j] += value;
    else for (let j = 0; j < J; j++) out[start + j] += value * u[column * J + j];
  }
  return out;
}

/** Every group's own line at the common coefficients of a setting; see also fillOwn. */
export function ownAt(model, setting, out = new Float64Array(model.k * model.J)) {
  out.set(model.own);
  const size = model.k * model.J;
  model.common.at.forEach((i, c) => {
    const value = setting.fixef[i];
    for (let a = 0; a < size; a++) out[a] -= value * model.share[c * size + a];
  });
  return out;
}

/** Fill up, from the target, what a group's rows do not determine (in place). */
export function fillOwn(model, own, target) {
  const { J, k, fill } = model;
  model.lacking.at.forEach((j, i) => {
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) {
        own[a * J + j] += fill[(i * k + a) * k + b] * target[b * J + j];
      }
    }
  });
  return own;
}

/** Every group's pooled line: target + weight (own - target). */
export function pooledAt(model, setting, own, target, out = new Float64Array(own.length)) {
  const { J, k, pull } = model;
  const { t } = setting;
  if (t === Infinity && model.stop) {
    out.set(model.stop);
  } else if (t === 0) {
    out.set(target);
  } else if (k === 1) {
    for (let j = 0; j < J; j++) {
      const w = weightOf(model, t, j)[0];
      out[j] = target[j] + w * (own[j] - target[j]);
    }
  } else if (pull.kind === "matrix" && t < Infinity) {
    pooledByTwo(model, t, own, target, out);
  } else {
    for (let j = 0; j < J; j++) {
      const w = weightOf(model, t, j);
      for (let a = 0; a < k; a++) {
        let sum = target[a * J + j];
        for (let b = 0; b < k; b++) {
          sum += w[a * k + b] * (own[b * J + j] - target[b * J + j]);
        }
        out[a * J + j] = sum;
      }
    }
  }
  return out;
}

/** The loop that runs while dragging: two coefficients, no allocation. */
function pooledByTwo({ J, pull: { M, whole: det } }, t, own, target, out) {
  for (let j = 0; j < J; j++) {
    const d0 = own[j] - target[j];
    const d1 = own[J + j] - target[J + j];
    const whole = t * t * det[j];
    const m00 = M[j];
    const m11 = M[3 * J + j];
    const scale = t / (1 + t * (m00 + m11) + whole);
    const both = whole / t;
    out[j] = target[j] + scale * ((m00 + both) * d0 + M[J + j] * d1);
    out[J + j] = target[J + j] + scale * (M[2 * J + j] * d0 + (m11 + both) * d1);
  }
}

/** Everything that is drawn at a c. `room` (from an earlier call) is used again. */
export function positionAt(model, c, room = {}) {
  const setting = settingAt(model, c);
  const target = targetsAt(model, setting, room.target);
  const own = fillOwn(model, ownAt(model, setting, room.own), target);
  const pooled = pooledAt(model, setting, own, target, room.pooled);
  return { ...setting, target, own, pooled, sharing: sharingAt(model, setting.t) };
}
