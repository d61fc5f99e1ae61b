// The receipt of the selected group: plain elements, texts only (names come from strangers).

import { el } from "./elements.js";
import { counted, decimalsFor, fill, fixed, percent, powerFor, recombine, tenTo } from "./format.js";
import { keptOf, rowsNeeded, weightOf } from "./weights.js";
import { isInside, termsOf, wayOf } from "./words.js";

/** What the card says about one group at the dial's position, as texts. */
export function receiptOf(scene, j) {
  const { model, now, at, labels, text } = scene;
  const { J, k } = model;
  const { powers, own, target, pooled, weight } = scaled(scene, j);
  const rows = [];
  for (let a = 0; a < k; a++) {
    const isOwn = model.estimable[a * J + j] === 1;
    const decimals = decimalsOf(own[a], target[a], pooled[a]);
    const se = (model.se[a * J + j] * at.sigmaY) / 10 ** powers[a];
    rows.push({
      name: powers[a] === 0 ? labels.short[a] : `${labels.short[a]} ${tenTo(powers[a])}`,
      own: isOwn ? fixed(own[a], decimals) : text.lacking,
      se: isOwn && Number.isFinite(se) ? fixed(se, decimals) : "",
      target: fixed(target[a], decimals),
      pooled: fixed(pooled[a], decimals),
      sum: sumOf(a, own, target, weight.slice(a * k, (a + 1) * k), pooled),
    });
  }
  const kept = keptOf(now, at.t, j).map(percent);
  const needed = rowsNeeded(now, at.t, j);
  return { name: scene.prepared.names[j], n: model.n[j], rows, kept, needed };
}

/** The numbers of one group, each coefficient in the power of ten in which it is short. */
function scaled({ model, now, at }, j) {
  const { J, k } = model;
  const pick = (values) => Array.from({ length: k }, (_, a) => values[a * J + j]);
  const [own, target, pooled] = [at.own, at.target, at.pooled].map(pick);
  const powers = own.map((v, a) => powerFor([v, target[a], pooled[a]]));
  const short = (values) => values.map((v, a) => v / 10 ** powers[a]);
  const weight = weightOf(now, at.t, j).map((w, i) => w * 10 ** (powers[i % k] - powers[Math.floor(i / k)]));
  return { powers, own: short(own), target: short(target), pooled: short(pooled), weight };
}

/** Decimals in which the three numbers differ, the pull of a distant own estimate too. */
function decimalsOf(own, target, pooled) {
  const all = decimalsFor([own, target, pooled], 3);
  return Math.min(Math.max(all, Math.min(decimalsFor([target, pooled], 1), all + 1)), 5);
}

/** `1.49 + 0.53 × 1.07 + 0.11 × −1.67 = 1.83`, in numbers that add up as shown. */
export function sumOf(row, own, target, weights, pooled) {
  const decimals = own.map((_, a) => decimalsOf(own[a], target[a], pooled[a]));
  const found = recombine(row, { own, target, weights, result: pooled[row], decimals });
  if (!found) return "";
  const parts = found.weights.map((w, b) => {
    // A coefficient that has nothing to say adds nothing, and need not be read.
    if (found.apart[b] === 0 && b !== row) return "";
    const sign = w < 0 ? "\u2212" : "+";
    return ` ${sign} ${fixed(Math.abs(w), found.digits)} \u00d7 ${signed(found.apart[b], found.decimals[b])}`;
  });
  const [start, end] = [target[row], pooled[row]].map((v) => fixed(v, found.start));
  return `${start}${parts.join("")} = ${end}`;
}

function signed(value, decimals) {
  const text = fixed(value, decimals);
  return value < 0 ? `(${text})` : text;
}

/** Write the card into a place. */
export function showCard(place, scene) {
  const { text, labels, selected } = scene;
  if (selected === null) {
    place.replaceChildren(el("p", { class: "hint" }, text.pick));
    return;
  }
  const receipt = receiptOf(scene, selected);
  const head = el("div", { class: "who" }, el("strong", {}, receipt.name), ` ${counted(receipt.n, labels)}`);
  const table = el(
    "table",
    {},
    el("thead", {}, headRow([text.own, text.target, text.pooled])),
    el("tbody", {}, ...receipt.rows.map((row) => bodyRow(row))),
  );
  const sums = receipt.rows.map((row) => el("p", { class: "sum" }, row.sum));
  const way = wayOf(scene, selected);
  const first = way ? [el("p", { class: "way" }, way)] : [];
  const factors = el("p", { class: "remark factors" }, factorsOf(scene));
  place.replaceChildren(head, ...first, table, factors, ...sums, ...remarks(scene, receipt));
}

/** What the numbers of the sums are. */
function factorsOf({ text, labels, model }) {
  const [one, two] = labels.short;
  if (model.k > 2) return text.factors_many;
  return model.k === 1 ? text.factors_one : fill(text.factors_two, { one, two });
}

function remarks(scene, { kept, needed, n }) {
  const { text, labels, at } = scene;
  const out = [];
  if (isInside(at)) {
    if (kept.length === 2) {
      out.push(fill(text.kept_two, { first: kept[0], second: kept[1], terms: termsOf(scene) }));
    }
    if (Number.isFinite(needed)) {
      out.push(fill(needed > n ? text.needed : text.enough, { n: counted(needed, labels) }));
    } else {
      out.push(text.never);
    }
  }
  return out.length ? [el("p", { class: "remark" }, out.join(" "))] : [];
}

function headRow(names) {
  return el("tr", {}, el("td", {}), ...names.map((name) => el("th", { scope: "col" }, name)));
}

function bodyRow({ name, own, se, target, pooled }) {
  const first = el("td", {}, own);
  if (se) first.append(el("small", {}, ` \u00b1 ${se}`));
  return el("tr", {}, el("th", { scope: "row" }, name), first, el("td", {}, target), el("td", {}, el("b", {}, pooled)));
}
