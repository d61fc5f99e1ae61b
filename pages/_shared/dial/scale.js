// The dial's axis: where a position stands, with stops at its ends and a notch at the estimate.

/**
 * The dial's scale: where between 0 and 1 a position stands. The ends are stops;
 * between them c runs on a logarithmic scale.
 */
export const STOP = 0.045;

export function placeOf(range, c) {
  if (c === 0) return 0;
  if (c === Infinity) return 1;
  const [low, high] = range.map(Math.log);
  const share = (Math.log(c) - low) / (high - low);
  return STOP + (1 - 2 * STOP) * Math.min(Math.max(share, 0), 1);
}

export function positionOf(range, place) {
  if (place < 0.5 * STOP) return 0;
  if (place > 1 - 0.5 * STOP) return Infinity;
  const [low, high] = range.map(Math.log);
  const share = (Math.min(Math.max(place, STOP), 1 - STOP) - STOP) / (1 - 2 * STOP);
  return Math.exp(low + share * (high - low));
}

/** A position in four digits, finer than a pixel: what is drawn is what a link can hold. */
function tidy(c) {
  return c > 0 && c < Infinity ? Number(c.toPrecision(4)) : c;
}

/** Close to the notch at the estimate, the dial falls into it. */
export function withNotch(range, place, width) {
  const notch = placeOf(range, 1);
  return Math.abs(place - notch) < width ? 1 : tidy(positionOf(range, place));
}

/** A position brought inside the scale; the stops stay. */
export function within(range, c) {
  return c === 0 || c === Infinity ? c : Math.min(Math.max(c, range[0]), range[1]);
}

/** One step along the scale; the stops and the notch are steps of their own. */
export function stepped(range, c, step) {
  if (c === 0) return step > 0 ? range[0] : 0;
  if (c === Infinity) return step < 0 ? range[1] : Infinity;
  const place = placeOf(range, c);
  const next = place + step;
  const notch = placeOf(range, 1);
  if (next < STOP - 1e-9) return c === range[0] ? 0 : range[0];
  if (next > 1 - STOP + 1e-9) return c === range[1] ? Infinity : range[1];
  if ((place - notch) * (next - notch) < -1e-12) return 1;
  return tidy(positionOf(range, next));
}
