// The numbers of the dial in JavaScript equal those of Python (dial_fixture.json).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as model from "../../pages/_shared/dial/model.js";
import * as scale from "../../pages/_shared/dial/scale.js";
import * as split from "../../pages/_shared/dial/split.js";
import * as weights from "../../pages/_shared/dial/weights.js";

const m = { ...model, ...scale, ...split, ...weights };

const url = new URL("./dial_fixture.json", import.meta.url);
const fixture = JSON.parse(readFileSync(url, "utf-8"));

function close(actual, expected, tolerance, what) {
  const size = Math.max(1, ...expected.map(Math.abs));
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    const off = Math.abs(actual[i] - value);
    assert.ok(off <= tolerance * size, `${what}[${i}]: ${actual[i]} is not ${value}`);
  });
}

for (const [name, { payload, expected, split }] of Object.entries(fixture)) {
  const model = m.readModel(payload);
  let room = {};
  for (const wanted of split) {
    test(`${name} with the hands at ${wanted.factors}`, () => {
      const at = m.splitAt(model, wanted.factors, room);
      room = at;
      close(at.fixef, wanted.fixef, 1e-8, "fixef");
      close(at.pooled, wanted.pooled, 1e-8, "pooled");
      close([at.sigmaY, at.sharing], [wanted.sigma_y, wanted.sharing], 1e-8, "sigma_y, sharing");
      close([at.value], [wanted.value], 1e-8, "criterion");
      close(m.weightOf(at.model, at.t, 0), wanted.weight, 1e-8, "weight");
      if (wanted.dense) close(at.pooled, wanted.dense, 1e-7, "dense refit");
    });
  }
  for (const wanted of expected) {
    const c = wanted.c === "none" ? Infinity : wanted.c;
    test(`${name} at c = ${c}`, () => {
      const at = m.positionAt(model, c);
      close(at.fixef, wanted.fixef, 1e-9, "fixef");
      close(at.target, wanted.target, 1e-9, "target");
      close(at.pooled, wanted.pooled, 1e-8, "pooled");
      close(at.own, wanted.own, 1e-8, "own");
      close([at.sigmaY, at.sharing], [wanted.sigma_y, wanted.sharing], 1e-9, "sigma_y, sharing");
      if (c < Infinity || !payload.stop) {
        close(m.weightOf(model, at.t, 0), wanted.weight, 1e-8, "weight");
      }
      if (wanted.dense) close(at.pooled, wanted.dense, 1e-8, "dense refit");
    });
  }
}

test("the room of an earlier call is used again", () => {
  const model = m.readModel(fixture.radon_slope.payload);
  const first = m.positionAt(model, 0.5);
  const kept = Array.from(m.positionAt(model, 2).pooled);
  const second = m.positionAt(model, 2, first);
  assert.equal(second.pooled, first.pooled);
  assert.deepEqual(Array.from(second.pooled), kept);
});

test("the scale has stops, a notch, and runs both ways", () => {
  const range = [0.01, 1000];
  assert.equal(m.positionOf(range, 0), 0);
  assert.equal(m.positionOf(range, 1), Infinity);
  for (const c of [0.01, 0.2, 1, 30, 1000]) {
    assert.ok(Math.abs(Math.log(m.positionOf(range, m.placeOf(range, c)) / c)) < 1e-9);
  }
  const notch = m.placeOf(range, 1);
  assert.equal(m.withNotch(range, notch + 0.005, 0.01), 1);
  assert.notEqual(m.withNotch(range, notch + 0.02, 0.01), 1);
});

test("what is kept along two directions belongs to the weight matrix", () => {
  const model = m.readModel(fixture.sleepstudy_slope.payload);
  const { t } = m.settingAt(model, 1);
  const [a, b, c, d] = m.weightOf(model, t, 3);
  const [first, second] = m.keptOf(model, t, 3);
  assert.ok(Math.abs(first + second - (a + d)) < 1e-12);
  assert.ok(Math.abs(first * second - (a * d - b * c)) < 1e-12);
});
