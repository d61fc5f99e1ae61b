// The dial with two hands: each of two varying coefficients pooled by an amount of its own.
// Along one dial the fixed effects come as series; here they are estimated again from the
// groups' own regressions, as `solve_along` does in Python. Pure: no document, no canvas.

import { fillOwn, ownAt, pooledAt, targetsAt } from "./model.js";
import { inverse2, product, pullFor, transposed } from "./pull.js";
import { sharingAt } from "./weights.js";

/** Every design column and the outcome regressed on Z inside its group, scaled, group by group. */
function ownColumns(model) {
  const { J, k, u, split, share, common, own } = model;
  const p = split.to_raw.length;
  const raw = Array.from({ length: p }, () => new Float64Array(k * J));
  for (const [i, a, column] of model.targets) {
    for (let j = 0; j < J; j++) raw[i][a * J + j] = column < 0 ? 1 : u[column * J + j];
  }
  common.at.forEach((i, c) => raw[i].set(share.subarray(c * k * J, (c + 1) * k * J)));
  const back = inverse2(model.pull.z);
  const out = new Float64Array(J * (p + 1) * 2);
  const [center, size] = split.y;
  for (let j = 0; j < J; j++) {
    for (let c = 0; c <= p; c++) {
      let [x, y] = [0, 0];
      if (c === p) {
        x = (own[j] - center * raw[0][j]) / size;
        y = (own[J + j] - center * raw[0][J + j]) / size;
      } else {
        for (let i = 0; i < p; i++) {
          x += split.to_raw[i][c] * raw[i][j];
          y += split.to_raw[i][c] * raw[i][J + j];
        }
      }
      const at = (j * (p + 1) + c) * 2;
      out[at] = back[0][0] * x + back[0][1] * y;
      out[at + 1] = back[1][0] * x + back[1][1] * y;
    }
  }
  return out;
}

/** Sums over the groups at t: W'V^-1W, its derivative's part, log|I + tDS|, trace of the weights. */
function sums({ J, columns, p, S, det, rest }, D, t) {
  const m = p + 1;
  const A = Float64Array.from(rest.flat());
  const B = new Float64Array(m * m);
  const [d00, d01, d11] = [D[0][0], D[0][1], D[1][1]];
  const detD = Math.max(d00 * d11 - d01 * d01, 0);
  let [logdet, kept] = [0, 0];
  const [U, V, Y, Z] = [0, 1, 2, 3].map(() => new Float64Array(m));
  for (let j = 0; j < J; j++) {
    const [a, b, d, s] = [S[j], S[J + j], S[2 * J + j], det[j]];
    const sum = d00 * a + 2 * d01 * b + d11 * d;
    const whole = t * t * detD * s;
    const scale = 1 / (1 + t * sum + whole);
    const q00 = (a + t * s * d11) * scale;
    const q01 = (b - t * s * d01) * scale;
    const q11 = (d + t * s * d00) * scale;
    const e00 = d00 * q00 + d01 * q01;
    const e01 = d00 * q01 + d01 * q11;
    const e10 = d01 * q00 + d11 * q01;
    const e11 = d01 * q01 + d11 * q11;
    const r00 = t * (q00 * e00 + q01 * e10);
    const r01 = t * (q00 * e01 + q01 * e11);
    const r11 = t * (q01 * e01 + q11 * e11);
    logdet += Math.log1p(t * sum + whole);
    kept += (t * sum + 2 * whole) * scale;
    const start = j * m * 2;
    for (let c = 0; c < m; c++) {
      const [x, y] = [columns[start + 2 * c], columns[start + 2 * c + 1]];
      U[c] = q00 * x + q01 * y;
      V[c] = q01 * x + q11 * y;
      Y[c] = r00 * x + r01 * y;
      Z[c] = r01 * x + r11 * y;
    }
    for (let c = 0; c < m; c++) {
      const [x, y] = [columns[start + 2 * c], columns[start + 2 * c + 1]];
      for (let e = 0; e <= c; e++) {
        A[c * m + e] += U[e] * x + V[e] * y;
        B[c * m + e] += Y[e] * x + Z[e] * y;
      }
    }
  }
  for (let c = 0; c < m; c++) {
    for (let e = 0; e < c; e++) {
      A[e * m + c] = A[c * m + e];
      B[e * m + c] = B[c * m + e];
    }
  }
  return { A, B, logdet, kept };
}

/** Cholesky factor of the leading p x p part of an m x m matrix. */
function cholesky(A, m, p) {
  const L = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = A[i * m + j];
      for (let l = 0; l < j; l++) sum -= L[i * p + l] * L[j * p + l];
      L[i * p + j] = i === j ? Math.sqrt(sum) : sum / L[j * p + j];
    }
  }
  return L;
}

function solved(L, p, right) {
  const x = Float64Array.from(right);
  for (let i = 0; i < p; i++) {
    for (let l = 0; l < i; l++) x[i] -= L[i * p + l] * x[l];
    x[i] /= L[i * p + i];
  }
  for (let i = p - 1; i >= 0; i--) {
    for (let l = i + 1; l < p; l++) x[i] -= L[l * p + i] * x[l];
    x[i] /= L[i * p + i];
  }
  return x;
}

function quadratic(A, m, v) {
  let sum = 0;
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) sum += v[i] * A[i * m + j] * v[j];
  return sum;
}

/** Fixed effects, residual variance and criterion at t for a relative covariance D (scaled). */
function solveAt(solver, D, t) {
  const { p, split } = solver;
  const m = p + 1;
  const { A, B, logdet, kept } = sums(solver, D, t);
  const L = cholesky(A, m, p);
  const beta = solved(L, p, Array.from({ length: p }, (_, i) => A[i * m + p]));
  const contrast = [...Array.from(beta, (v) => -v), 1];
  const r2 = quadratic(A, m, contrast);
  let trace = split.n_obs - kept;
  let value = logdet;
  if (split.is_reml) {
    for (let c = 0; c < p; c++) {
      trace += solved(L, p, Array.from({ length: p }, (_, i) => B[i * m + c]))[c];
      value += 2 * Math.log(L[c * p + c]);
    }
    trace -= p;
  }
  const variance = (r2 - quadratic(B, m, contrast)) / trace;
  value += split.degrees * Math.log(2 * Math.PI * variance) + r2 / variance;
  return { t, beta, variance, value: value + split.unit_value };
}

/** The t at which Sigma is what the hands say: sigma_y follows from it. */
function settle(solver, D, start) {
  const { reference } = solver.split;
  const gap = (x) => {
    const found = solveAt(solver, D, Math.exp(x));
    return { x, found, off: x + Math.log(found.variance / reference) };
  };
  let last = gap(start);
  let next = gap(last.x - last.off);
  for (let i = 0; i < 40 && Math.abs(next.off) > 1e-13; i++) {
    const slope = (next.off - last.off) / (next.x - last.x);
    const step = slope > 0.05 ? next.off / slope : next.off;
    last = next;
    next = gap(last.x - Math.min(Math.max(step, -3), 3));
    if (next.x === last.x) break;
  }
  return next.found;
}

/** The model with its two variances multiplied by `factors`; `room` is used again. */
export function splitModel(model, factors, room = {}) {
  const { J, k, pull, split } = model;
  const solver = (model.solver ??= {
    J, split, S: pull.S, det: pull.det, rest: split.rest,
    p: split.to_raw.length, columns: ownColumns({ ...model, pull }),
  });
  const root = factors.map(Math.sqrt);
  const back = inverse2(pull.z);
  const raw = product(product(pull.z, pull.D), transposed(pull.z));
  const scaled = raw.map((row, a) => row.map((v, b) => v * root[a] * root[b]));
  const D = product(product(back, scaled), transposed(back));
  D[0][1] = D[1][0] = 0.5 * (D[0][1] + D[1][0]);
  const isFull = pull.is_full && factors.every((f) => f > 0);
  if (!isFull) D[1][1] = exactly(D);
  const made = pullFor(pull, k, J, D, isFull, room.made);
  const vcov = model.vcov.map((row, a) => row.map((v, b) => v * root[a] * root[b]));
  return { ...model, pull: { ...pull, M: made.M, whole: made.det }, vcov, D, solver, made };
}

/** A singular covariance without the rounding that would give it a second direction. */
function exactly(D) {
  const [a, b, d] = [D[0][0], D[0][1], D[1][1]];
  return a > 1e-14 * d ? (b * b) / a : d;
}

/** Everything that is drawn with the hands at `factors`; see `positionAt`. */
export function splitAt(model, factors, room = {}) {
  const now = splitModel(model, factors, room);
  const found = settle(now.solver, now.D, room.logT ?? 0);
  const { to_raw, y } = model.split;
  const fixef = to_raw.map((row) => y[1] * row.reduce((sum, v, i) => sum + v * found.beta[i], 0));
  fixef[0] += y[0];
  const setting = {
    c: 1, t: found.t, fixef, value: found.value, sigmaY: y[1] * Math.sqrt(found.variance),
  };
  const target = targetsAt(now, setting, room.target);
  const own = fillOwn(now, ownAt(now, setting, room.own), target);
  const pooled = pooledAt(now, setting, own, target, room.pooled);
  const sharing = sharingAt(now, found.t);
  return {
    ...setting, target, own, pooled, sharing, factors,
    logT: Math.log(found.t), made: now.made, model: now,
  };
}
