// What a group keeps of its distance from the target: weights, shares, rows it would take.
// Pure: no document, no canvas.

export function trace({ J, k, pull }, j) {
  return k === 1 ? pull.M[j] : pull.M[j] + pull.M[3 * J + j];
}

/** The weight matrix of one group at t, row after row: k * k numbers. */
export function weightOf(model, t, j) {
  const { J, k, pull } = model;
  if (t === Infinity && model.stop) return weightAtStop(model, j);
  if (pull.kind === "directions") return weightByDirections(model, t, j);
  if (k === 1) {
    const strength = pull.M[j];
    if (t === Infinity) return [strength > 0 ? 1 : 0];
    return [(t * strength) / (1 + t * strength)];
  }
  const M = [pull.M[j], pull.M[J + j], pull.M[2 * J + j], pull.M[3 * J + j]];
  const det = pull.whole[j];
  const sum = M[0] + M[3];
  if (t === Infinity) {
    if (det > 0) return [1, 0, 0, 1];
    return sum > 0 ? M.map((m) => m / sum) : [0, 0, 0, 0];
  }
  const whole = t * t * det;
  const scale = 1 / (1 + t * sum + whole);
  return [
    (t * M[0] + whole) * scale,
    t * M[1] * scale,
    t * M[2] * scale,
    (t * M[3] + whole) * scale,
  ];
}

/** The weight at no pooling where those along the dial do not lead there: a line of its own. */
function weightAtStop({ k, lacking, stopWeight }, j) {
  const i = lacking.at.indexOf(j);
  return Array.from({ length: k * k }, (_, at) => {
    if (i >= 0) return stopWeight[i * k * k + at];
    return at % (k + 1) === 0 ? 1 : 0;
  });
}

function weightByDirections({ J, k, pull }, t, j) {
  const { rank, strength, axes, back } = pull;
  const out = new Array(k * k).fill(0);
  for (let l = 0; l < rank; l++) {
    const s = strength[l * J + j];
    const w = t === Infinity ? (s > 0 ? 1 : 0) : (t * s) / (1 + t * s);
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) {
        out[a * k + b] += axes[(a * rank + l) * J + j] * w * back[(l * k + b) * J + j];
      }
    }
  }
  return out;
}

/** Shares of its own that a group keeps along its directions, most first. */
export function keptOf(model, t, j) {
  const { J, k, pull } = model;
  const share = (s) => (t === Infinity ? (s > 0 ? 1 : 0) : (t * s) / (1 + t * s));
  if (pull.kind === "directions") {
    const out = [];
    for (let l = 0; l < pull.rank; l++) out.push(share(pull.strength[l * J + j]));
    return out.sort((a, b) => b - a);
  }
  if (k === 1) return [share(pull.M[j])];
  const half = 0.5 * trace(model, j);
  const det = pull.whole[j];
  const strong = half + Math.sqrt(Math.max(half * half - det, 0));
  return [share(strong), share(strong > 0 ? det / strong : 0)];
}

/** Share of what the groups' own data say that gives way to the others: 1 complete, 0 none. */
export function sharingAt(model, t) {
  const { J, known } = model;
  if (t === 0 || known === 0) return 1;
  if (t === Infinity) return 0;
  let kept = 0;
  if (model.pull.kind === "matrix" && model.k === 2) {
    const { M, whole } = model.pull;
    for (let j = 0; j < J; j++) {
      const both = t * t * whole[j];
      const sum = t * (M[j] + M[3 * J + j]);
      kept += (sum + 2 * both) / (1 + sum + both);
    }
  } else {
    for (let j = 0; j < J; j++) for (const w of keptOf(model, t, j)) kept += w;
  }
  return 1 - kept / known;
}

/** Share of the first coefficient's group variance that stays open: 1 complete pooling, 0 none. */
export function openShare(model, t, j) {
  const V = model.vcov;
  const w = weightOf(model, t, j);
  let closed = 0;
  for (let b = 0; b < model.k; b++) closed += w[b] * V[b][0];
  return 1 - closed / V[0][0];
}

/** Rows, like those it has, that make a group's first coefficient 80% its own; Infinity if none. */
export function rowsNeeded(model, t, j) {
  if (t === 0) return Infinity;
  if (t === Infinity) return model.n[j];
  if (openShare(model, Infinity, j) >= 0.2) return Infinity;
  let [low, high] = [-60, 60];
  for (let i = 0; i < 100; i++) {
    const middle = 0.5 * (low + high);
    if (openShare(model, t * Math.exp(middle), j) > 0.2) low = middle;
    else high = middle;
  }
  return Math.ceil(model.n[j] * Math.exp(high) * (1 - 1e-9));
}
