// Read one payload (JSON on stdin) and write what the browser computes at each position.
import { readFileSync } from "node:fs";

import { receiptOf } from "../../pages/_shared/dial/card.js";
import { positionAt, readModel } from "../../pages/_shared/dial/model.js";

const { payload, positions, labels } = JSON.parse(readFileSync(0, "utf-8"));
const model = readModel(payload);
const out = positions.map((c) => {
  const at = positionAt(model, c === "none" ? Infinity : c);
  const scene = {
    model, at, labels, now: model, text: { lacking: "\u2013" }, prepared: { names: model.names },
  };
  const receipts = Array.from({ length: model.J }, (_, j) => receiptOf(scene, j));
  const { pooled, target, own, fixef, sigmaY, sharing } = at;
  const lists = [pooled, target, own, fixef].map((values) => Array.from(values));
  return { lists, sigmaY, sharing, receipts: receipts.map(({ rows, needed }) => ({ rows, needed })) };
});
process.stdout.write(JSON.stringify(out));
