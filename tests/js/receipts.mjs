// Read payloads (one JSON document on stdin) and write the receipts of every group as shown.
import { readFileSync } from "node:fs";

import { receiptOf } from "../../pages/_shared/dial/card.js";
import { positionAt, readModel } from "../../pages/_shared/dial/model.js";
import { splitAt } from "../../pages/_shared/dial/split.js";

const text = { lacking: "\u2013" };
const out = JSON.parse(readFileSync(0, "utf-8")).map(({ payload, positions, labels }) => {
  const model = readModel(payload);
  return positions.map((c) => {
    const at = Array.isArray(c) ? splitAt(model, c) : positionAt(model, c === "none" ? Infinity : c);
    const scene = { model, now: at.model ?? model, at, labels, text, prepared: { names: model.names } };
    return Array.from({ length: model.J }, (_, j) => receiptOf(scene, j));
  });
});
process.stdout.write(JSON.stringify(out));
