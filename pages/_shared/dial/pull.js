// What makes the weights of one or two varying coefficients, from Z'Z and a covariance.
// Pure. Small matrices are rows of numbers; per group, entry after entry over the groups.

export function inverse2([[a, b], [c, d]]) {
  const det = a * d - b * c;
  return [[d / det, -b / det], [-c / det, a / det]];
}

export function product(A, B) {
  return A.map((row) => B[0].map((_, j) => row.reduce((sum, v, i) => sum + v * B[i][j], 0)));
}

export function transposed(A) {
  return A[0].map((_, j) => A.map((row) => row[j]));
}

/**
 * M = D Z'Z in raw coefficients and det(M), group by group; `D` is relative to sigma_y**2 at
 * t = 1, in scaled units. `out` holds M and det of an earlier call to be used again.
 */
export function pullFor({ S, det, z }, k, J, D, isFull, out = {}) {
  const M = out.M ?? new Float64Array(k * k * J);
  const whole = out.det ?? new Float64Array(J);
  if (k === 1) {
    for (let j = 0; j < J; j++) M[j] = D[0][0] * S[j];
    return { kind: "matrix", M, det: whole };
  }
  const [L, R] = [product(z, D), inverse2(z)];
  const detD = isFull ? D[0][0] * D[1][1] - D[0][1] * D[1][0] : 0;
  for (let j = 0; j < J; j++) {
    const [a, b, d] = [S[j], S[J + j], S[2 * J + j]];
    const [p0, p1] = [L[0][0] * a + L[0][1] * b, L[0][0] * b + L[0][1] * d];
    const [q0, q1] = [L[1][0] * a + L[1][1] * b, L[1][0] * b + L[1][1] * d];
    M[j] = p0 * R[0][0] + p1 * R[1][0];
    M[J + j] = p0 * R[0][1] + p1 * R[1][1];
    M[2 * J + j] = q0 * R[0][0] + q1 * R[1][0];
    M[3 * J + j] = q0 * R[0][1] + q1 * R[1][1];
    whole[j] = detD * det[j];
  }
  return { kind: "matrix", M, det: whole };
}
