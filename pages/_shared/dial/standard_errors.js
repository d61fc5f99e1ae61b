// What can be had from the rest of the payload need not be sent: standard errors of the groups'
// own estimates, and the way back from their directions. Pure: no document, no canvas.

/** Standard errors over sigma_y, coefficient after coefficient; groups that lack a line bring theirs. */
export function unitErrors({ k, J, pull, lacking }, lackingSe) {
  const out = new Float64Array(k * J);
  const root = (a, j, variance) => (out[a * J + j] = Math.sqrt(Math.max(variance, 0)));
  for (let j = 0; j < J; j++) {
    for (let a = 0; a < k; a++) root(a, j, pull.kind === "matrix" ? byMatrix(pull, k, J, a, j) : byDirections(pull, J, a, j));
  }
  const count = lacking.at.length;
  lacking.at.forEach((j, i) => {
    for (let a = 0; a < k; a++) out[a * J + j] = lackingSe[a * count + i];
  });
  return out;
}

function byMatrix({ S, det, z }, k, J, a, j) {
  if (k === 1) return (z[0][0] * z[0][0]) / S[j];
  const [p, q] = z[a];
  return (p * p * S[2 * J + j] - 2 * p * q * S[J + j] + q * q * S[j]) / det[j];
}

function byDirections({ rank, strength, axes }, J, a, j) {
  let sum = 0;
  for (let l = 0; l < rank; l++) sum += axes[(a * rank + l) * J + j] ** 2 / strength[l * J + j];
  return sum;
}

/** The inverse of every group's directions, entry after entry over the groups. */
export function wayBack({ axes, rank: k }, J) {
  const out = new Float64Array(k * k * J);
  for (let j = 0; j < J; j++) {
    const rows = Array.from({ length: k }, (_, a) =>
      Array.from({ length: 2 * k }, (_, l) => (l < k ? axes[(a * k + l) * J + j] : l - k === a ? 1 : 0)),
    );
    eliminate(rows, k);
    for (let l = 0; l < k; l++) for (let b = 0; b < k; b++) out[(l * k + b) * J + j] = rows[l][k + b];
  }
  return out;
}

/** Gauss-Jordan with the largest pivot of a column relative to its row (in place). */
function eliminate(rows, k) {
  const size = rows.map((row) => Math.max(...row.slice(0, k).map(Math.abs)));
  for (let c = 0; c < k; c++) {
    let best = c;
    for (let r = c + 1; r < k; r++) {
      if (Math.abs(rows[r][c]) * size[best] > Math.abs(rows[best][c]) * size[r]) best = r;
    }
    [rows[c], rows[best]] = [rows[best], rows[c]];
    [size[c], size[best]] = [size[best], size[c]];
    const pivot = rows[c][c];
    for (let i = 0; i < 2 * k; i++) rows[c][i] /= pivot;
    for (let r = 0; r < k; r++) {
      const factor = rows[r][c];
      if (r === c || factor === 0) continue;
      for (let i = 0; i < 2 * k; i++) rows[r][i] -= factor * rows[c][i];
    }
  }
}
