// What the dial says in words: pure functions of a scene, so that they can be tested.

import { fill, number, percent } from "./format.js";

/** Drop of the log likelihood that leaves a position outside a joint 95% region of two. */
export const DROP_TWO = 2.9957;

export function isInside(at) {
  return at.c > 0 && at.c < Infinity;
}

/** Whether a position (c, and the slope's or null) is that of the estimate. */
export function isEstimate({ estimate }, c, slope = null) {
  return estimate !== null && c === estimate[0] && slope === estimate[1];
}

/** Where the dial stands: at the estimate, or at so many times its variance. */
export function whereOf({ text, at, model, labels }) {
  if (at.factors && isEstimate(model, ...at.factors)) return text.at_estimate;
  if (at.factors) {
    const [first, second] = at.factors.map((f) => number(f, 2));
    return fill(text.at_split, { first, second, one: labels.short[0], two: labels.short[1] });
  }
  if (at.c === 1) return model.is_substituted ? text.at_middle : text.at_estimate;
  return fill(model.is_substituted ? text.at_times_middle : text.at_times, { times: number(at.c, 2) });
}

/** Whether the data allow this much sharing: inside the 95% interval or not. */
export function verdictOf({ text, at, evidence, model }) {
  if (at.factors && isEstimate(model, ...at.factors)) return "";
  if (at.factors) {
    const isOut = 0.5 * (at.value - model.split.lowest) > DROP_TWO;
    return isOut ? text.outside : text.allowed;
  }
  if (!evidence || isEstimate(model, at.c)) return "";
  const [low, high] = evidence.interval.map((c) => (c === "none" ? Infinity : c));
  if (at.c < low) return text.too_much;
  return at.c > high ? text.too_little : text.allowed;
}

/** The finding: the heading of the dial, which follows it. */
export function findingOf(scene) {
  const { text, at, labels } = scene;
  const values = {
    where: whereOf(scene),
    share: percent(at.sharing),
    verdict: verdictOf(scene),
    groups: labels.groups,
  };
  if (at.c === 0) {
    return fill(isEstimate(scene.model, 0) ? text.finding_zero : text.finding_complete, values);
  }
  if (at.c === Infinity) return fill(text.finding_none, values);
  if (scene.model.k === 1) return fill(text.finding, values);
  return fill(text.finding_joint, { ...values, terms: termsOf(scene) });
}

/** The coefficients that are pulled together: `intercept and slope`. */
export function termsOf({ text, labels }) {
  return labels.short.length > 2 ? text.all_terms : labels.short.join(text.and);
}

/** How far the first coefficient of a group goes to what it is pulled to; '' where there is no way. */
export function wayOf(scene, j) {
  const { text, at, model, labels } = scene;
  const [own, target, pooled] = [at.own[j], at.target[j], at.pooled[j]];
  const whole = own - target;
  const isThere = Math.abs(whole) <= 1e-9 * Math.max(Math.abs(own), Math.abs(target));
  if (model.estimable[j] !== 1 || isThere || !isInside(at)) return "";
  const gone = (own - pooled) / whole;
  const words = gone > 1.005 ? text.goes_past : gone < -0.005 ? text.goes_away : text.goes;
  const within = words === text.goes ? Math.min(Math.max(gone, 0), 1) : gone;
  return fill(words, { term: labels.short[0], share: percent(within), terms: termsOf(scene) });
}

/** The line above the dial: the multiple, sigma_y, and what the likelihood has lost. */
export function readoutOf({ text, at }) {
  const parts = [];
  if (at.factors) {
    const [first, second] = at.factors.map((f) => number(f, 2));
    parts.push(fill(text.times_split, { first, second }));
  } else if (isInside(at)) parts.push(fill(text.times, { times: number(at.c, 2) }));
  if (Number.isFinite(at.sigmaY)) parts.push(fill(text.sigma, { sigma: number(at.sigmaY, 3) }));
  return parts.join(" \u00b7 ");
}

/** One group in one sentence, for a screen reader. */
export function groupWords({ text, at, model, prepared, labels }, j) {
  const { J, k } = model;
  const parts = Array.from({ length: k }, (_, a) => {
    const i = a * J + j;
    const own = model.estimable[i] ? number(at.own[i], 3) : text.lacking_words;
    return fill(text.group_at, { term: labels.short[a], own, pooled: number(at.pooled[i], 3) });
  });
  return `${prepared.names[j]}: ${parts.join("; ")}`;
}

/** What a view shows, with numbers: the text twin of its canvas. */
export function viewWords(scene, view) {
  const { text, prepared, labels } = scene;
  const movers = prepared.movers.slice(0, 3).map((j) => groupWords(scene, j));
  const values = { groups: labels.groups, movers: movers.join(". ") };
  const said = [text.views[view], findingOf(scene), fill(text.movers, values)].join(". ");
  return `${said}. ${text.table_below} ${fill(text.keys, values)}`;
}
