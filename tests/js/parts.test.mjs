// The parts of the dial that need no document: words, numbers, scale, search, brush.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fill, fixed, number, percent, powerFor, recombine, ticks, titled } from "../../pages/_shared/dial/format.js";
import { positionAt, readModel } from "../../pages/_shared/dial/model.js";
import { insideBox } from "../../pages/_shared/dial/pointing.js";
import { preparedOf } from "../../pages/_shared/dial/prepare.js";
import { placeOf, stepped, STOP, within } from "../../pages/_shared/dial/scale.js";
import { dense, freePlace } from "../../pages/_shared/dial/strip_names.js";
import { matching } from "../../pages/_shared/dial/search.js";
import { splitAt } from "../../pages/_shared/dial/split.js";
import { nearest } from "../../pages/_shared/dial/views.js";
import { findingOf, groupWords, readoutOf, verdictOf } from "../../pages/_shared/dial/words.js";

const url = new URL("./dial_fixture.json", import.meta.url);
const { payload } = JSON.parse(readFileSync(url, "utf-8")).radon_slope;
const model = readModel(payload);
const text = {
  finding: "{where}: {groups} share {share}{verdict}",
  finding_joint: "{where}: {groups} share {share}{verdict}",
  and: " and ",
  finding_complete: "all one{verdict}",
  finding_zero: "estimate is complete",
  finding_none: "none{verdict}",
  at_estimate: "estimate",
  at_middle: "middle",
  at_times: "{times}x",
  at_times_middle: "{times} middles",
  at_split: "{first} and {second}",
  too_much: " too much",
  too_little: " too little",
  allowed: " allowed",
  outside: " outside",
  times: "{times}x",
  times_split: "{first}, {second}",
  sigma: "s {sigma}",
  group_at: "{term} {own} {pooled}",
  lacking_words: "none",
};
const labels = { groups: "counties", short: ["level", "slope"] };
const base = positionAt(model, 1);
const prepared = preparedOf(model, base, positionAt(model, 0).pooled, {});
const evidence = { interval: [0.5, "none"] };
const sceneAt = (at) => ({ model, now: at.model ?? model, at, labels, text, evidence, prepared });

test("the finding names the place, the share, and whether the data allow it", () => {
  assert.match(findingOf(sceneAt(base)), /^estimate: counties share \d+%$/);
  assert.match(findingOf(sceneAt(positionAt(model, 0.1))), /^0\.10x: .* too much$/);
  assert.match(findingOf(sceneAt(positionAt(model, 30))), /allowed$/);
  const put = { ...sceneAt(positionAt(model, 0.1)), model: { ...model, is_substituted: true } };
  assert.match(findingOf(put), /^0\.10 middles: /);
  const zero = { ...put, model: { ...put.model, estimate: [0, null] } };
  assert.equal(findingOf({ ...zero, at: positionAt(model, 0) }), "estimate is complete");
  assert.match(findingOf({ ...zero, at: base }), /^middle: .* allowed$/);
  const part = { ...put, model: { ...put.model, estimate: [1.25, 0] } };
  assert.match(findingOf({ ...part, at: splitAt(model, [1.25, 0]) }), /^estimate: counties share \d+%$/);
  assert.match(findingOf({ ...part, at: splitAt(model, [1.25, 0.5]) }), /^1\.3 and 0\.50: /);
  assert.equal(findingOf(sceneAt(positionAt(model, 0))), "all one too much");
  assert.equal(findingOf(sceneAt(positionAt(model, Infinity))), "none allowed");
});

test("with two hands the likelihood itself says what is outside", () => {
  const near = splitAt(model, [1, 1.05]);
  assert.equal(verdictOf(sceneAt(near)), " allowed");
  assert.ok(near.value - payload.split.lowest < 0.1 && near.value >= payload.split.lowest - 1e-7);
  assert.equal(verdictOf(sceneAt(splitAt(model, [50, 0.01]))), " outside");
  assert.match(readoutOf(sceneAt(near)), /^1\.0, 1\.1 \u00b7 s 0\.7/);
});

test("a group in words says what it lacks", () => {
  const lacking = prepared.part[0];
  assert.match(groupWords(sceneAt(base), lacking), /none/);
  assert.match(groupWords(sceneAt(base), prepared.whole[0]), /^[A-Z]+: level [\d.\u2212]+ [\d.\u2212]+; slope /);
});

test("numbers are written as Python writes them", () => {
  assert.equal(fixed(-1234.5, 1), "\u22121,234.5");
  assert.equal(fixed(-0.0004, 2), "0.00");
  assert.equal(number(0.0123456), "0.0123");
  assert.equal(number(1.5e-7, 2), "1.5\u00d710\u207b\u2077");
  assert.deepEqual([percent(0.001), percent(0.999), percent(0.5)], ["<1%", ">99%", "50%"]);
  assert.equal(fill("{a} of {b}", { a: 1, b: 2 }), "1 of 2");
  assert.deepEqual(ticks(0, 1, 5).map((t) => t.text), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
});

test("a sum shows the fewest digits that add up", () => {
  const sum = recombine(0, { own: [2], target: [1], weights: [0.5], result: 1.5, decimals: [2] });
  assert.deepEqual([sum.start, sum.digits], [2, 2]);
  const near = recombine(0, { own: [9.996], target: [1], weights: [0.3333], result: 1 + 0.3333 * 8.996, decimals: [2] });
  const total = 1 + near.weights[0] * near.apart[0];
  assert.equal(total.toFixed(near.start), (1 + 0.3333 * 8.996).toFixed(near.start));
});

test("keys step over the notch and rest on the stops", () => {
  const range = [0.01, 100];
  assert.equal(stepped(range, 0.9, 0.02), 1);
  assert.equal(stepped(range, 1.1, -0.02), 1);
  assert.equal(stepped(range, 0.01, -0.01), 0);
  assert.equal(stepped(range, 0, 0.01), 0.01);
  assert.equal(stepped(range, 100, 0.01), Infinity);
  assert.equal(stepped(range, Infinity, -0.01), 100);
  assert.ok(Math.abs(placeOf(range, stepped(range, 5, 0.05)) - placeOf(range, 5) - 0.05) < 1e-4);
  for (const c of [0.011, 1, 99]) assert.notEqual(stepped(range, c, 0.002), c);
  assert.ok(String(stepped(range, 5, 0.05)).length <= 6);
  assert.deepEqual([within(range, 0), within(range, 1e9), within(range, Infinity)], [0, 100, Infinity]);
  assert.ok(STOP > 0 && STOP < 0.1);
});

test("names are found, those that begin with the words first", () => {
  const names = ["MARSHALL", "LAKE", "CLAY", "Lac qui Parle", "LAKE OF THE WOODS"];
  assert.deepEqual(matching(names, " la "), [1, 3, 4, 2]);
  assert.deepEqual(matching(names, ""), []);
  assert.deepEqual(matching(names, "<img"), []);
});

test("a brush catches own and pooled marks; pointing finds the nearest", () => {
  const hits = {
    x0: [10, 50, 90], y0: [10, 50, 90], x1: [12, 40, 200], y1: [12, 40, 200],
    own: [0, 1], other: [2],
  };
  assert.deepEqual(insideBox(hits, [60, 60, 30, 30]), [1]);
  assert.deepEqual(insideBox(hits, [0, 0, 100, 100]), [0, 1]);
  assert.deepEqual(insideBox(hits, [190, 190, 210, 210]), [2]);
  assert.equal(nearest({ hits }, 13, 12), 0);
  assert.equal(nearest({ hits }, 120, 120), -1);
});

test("an axis of tiny or huge numbers leaves a power of ten to its title", () => {
  assert.deepEqual(ticks(-2e-9, 3e-9, 5).map((t) => t.text), ["\u22122", "\u22121", "0", "1", "2", "3"]);
  assert.ok(Math.abs(ticks(-2e-9, 3e-9, 5)[4].value - 2e-9) < 1e-20);
  assert.equal(titled("y", [-2e9, 3e9]), "y, \u00d710\u2079");
  assert.equal(titled("y", [0, 5000]), "y");
  assert.equal(powerFor([2e9, 2e9 + 5]), 0);
  assert.equal(powerFor([0, 0]), 0);
});

test("a curve is named beside it, clear of both curves and of other names", () => {
  const room = [0, 0, 400, 80];
  const falling = dense([[0, 10], [400, 70]]);
  const hill = dense([[150, 75], [200, 5], [250, 75]]);
  const first = freePlace([100, 30], room, hill, falling);
  const second = freePlace([120, 15], room, falling, hill, [[...first, 100, 30]]);
  const isClear = ([x, y], [w, h], points) =>
    points.every(([px, py]) => px < x || px > x + w || py < y || py > y + h);
  for (const points of [falling, hill]) {
    assert.ok(isClear(first, [100, 30], points) && isClear(second, [120, 15], points));
  }
  const [[a, b], [c, d]] = [first, second];
  assert.ok(c >= a + 100 || a >= c + 120 || d >= b + 30 || b >= d + 15);
});
