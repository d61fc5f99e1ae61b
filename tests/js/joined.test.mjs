// The modules of the dial are joined into one script: every top-level name but once.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../pages/_shared/dial/", import.meta.url);
const DECLARED = /^(?:export )?(?:async )?(?:const|let|function|class) (?:(\w+)|\[([^\]]*)\])/gm;

test("no two modules declare the same name", () => {
  const seen = new Map();
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".js"))) {
    for (const [, one, many] of readFileSync(new URL(file, FOLDER), "utf-8").matchAll(DECLARED)) {
      for (const name of one ? [one] : many.split(",").map((each) => each.trim())) {
        assert.equal(seen.get(name), undefined, `${name} stands in ${seen.get(name)} and ${file}`);
        seen.set(name, file);
      }
    }
  }
  assert.ok(seen.size > 100);
});

test("every module is among those that are joined", () => {
  const source = readFileSync(new URL("component.py", FOLDER), "utf-8");
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".js"))) {
    assert.ok(source.includes(`"${file.slice(0, -3)}"`), file);
  }
});
