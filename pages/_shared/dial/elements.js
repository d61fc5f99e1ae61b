// The elements of the dial: built once, dressed after every message from Python.

import { fill } from "./format.js";
import { circles, rgba, segment } from "./plot.js";

/** Make an element; children are elements or texts. */
export function el(tag, attributes = {}, ...children) {
  const out = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) out.setAttribute(name, value === true ? "" : value);
  }
  out.append(...children);
  return out;
}

function button(name) {
  return el("button", { type: "button", class: name });
}

/** Everything but the views, put together. */
export function buildDial(panels) {
  const at = {
    place: el("div", { class: "ppe-dial" }),
    finding: el("h2", { class: "finding" }),
    legend: el("div", { class: "key" }),
    strip: el("canvas", { "aria-hidden": "true" }),
    hands: [0, 1].map((i) => el("div", { class: `hand hand${i}`, role: "slider", tabindex: "0" })),
    readout: el("div", { class: "readout" }),
    splitting: button("plain"),
    back: button("back"),
    find: el("input", { type: "search", autocomplete: "off", spellcheck: "false" }),
    found: el("ul", { class: "found", role: "listbox", hidden: true, id: "ppe-found" }),
    picked: el("div", { class: "picked", hidden: true }),
    card: el("div", { class: "card" }),
    known: el("p", { class: "known" }),
    live: el("div", { class: "unseen", "aria-live": "polite" }),
    tip: el("div", { class: "tip", hidden: true }),
    files: ["svg", "png"].map((format) => el("button", { type: "button", class: "plain", "data-format": format })),
  };
  at.turning = el("div", { class: "strip" }, at.strip, ...at.hands);
  const views = el("div", { class: "panels" }, ...panels.map((panel) => panel.section));
  const head = el("div", { class: "head" }, at.readout, at.splitting, at.back);
  const turn = el("div", { class: "turn" }, head, at.turning);
  const files = el("div", { class: "files" }, ...at.files);
  const left = el("div", { class: "left" }, turn, at.known, files);
  const search = el("div", { class: "search" }, at.find, at.found);
  const aside = el("div", { class: "aside" }, search, at.picked, at.card);
  const below = el("div", { class: "below" }, left, aside);
  at.place.append(at.finding, at.legend, views, below, at.live, at.tip);
  return at;
}

/** One view: its tabs, its choices, its canvas. */
export function buildPanel(side) {
  const tabs = el("div", { class: "tabs", role: "group" });
  const coefSelect = el("select", { class: "coef" });
  const canvas = el("canvas", { class: "view", role: "img", tabindex: "0" });
  const brush = el("button", { type: "button", class: "plain brush", "aria-pressed": "false" });
  const reset = el("button", { type: "button", class: "plain reset", hidden: true });
  const bar = el("div", { class: "bar" }, tabs, coefSelect, reset, brush);
  const section = el("section", { class: `panel ${side}` }, bar, canvas);
  return { side, section, tabs, coef: 0, coefSelect, canvas, brush, reset, isBrush: false, zoom: null };
}

/** Texts, colours, and which views there are. */
export function dress(dial) {
  const { scene, at } = dial;
  const { look, text, labels, model } = scene;
  const style = at.place.style;
  for (const [name, value] of Object.entries(look.palette)) {
    style.setProperty(`--${name.replaceAll("_", "-")}`, value);
  }
  style.setProperty("--size", `${look.text.label}px`);
  style.setProperty("font-family", look.font);
  at.place.classList.toggle("large", look.scale > 1.2);
  dressPanels(dial);
  at.legend.replaceChildren(...labels.key.map(([mark, words]) => keyEntry(mark, words, look)));
  at.back.textContent = model.is_substituted ? text.back_middle : text.back;
  at.splitting.hidden = !model.split;
  at.find.placeholder = fill(text.search, { group: labels.group });
  at.find.setAttribute("aria-label", at.find.placeholder);
  for (const hand of at.hands) {
    hand.setAttribute("aria-valuemin", "0");
    hand.setAttribute("aria-valuemax", "100");
  }
  for (const save of at.files) {
    save.textContent = fill(text.save, { format: save.dataset.format.toUpperCase() });
  }
  at.known.textContent = (scene.evidence?.sentences ?? []).join(" ");
}

function dressPanels(dial) {
  const { text, labels, model } = dial.scene;
  const names = viewNames(dial.scene);
  for (const [i, panel] of dial.panels.entries()) {
    if (!names.includes(panel.view)) panel.view = labels.views[i] ?? names[0];
    panel.tabs.setAttribute("aria-label", text.sides[panel.side]);
    panel.tabs.replaceChildren(
      ...names.map((name) => {
        const isOn = String(name === panel.view);
        const tab = el("button", { type: "button", "aria-pressed": isOn }, text.views[name]);
        tab.addEventListener("click", () => dial.choose(panel, name));
        return tab;
      }),
    );
    const choices = panel.view === "map" ? pairsOf(labels.short) : labels.short.map((name, a) => [a, name]);
    const now = panel.view === "map" ? String(panel.pair) : String(panel.coef);
    panel.coefSelect.hidden = choices.length < 2 || panel.view === "lines";
    panel.coefSelect.setAttribute("aria-label", panel.view === "map" ? text.pair : text.coefficient);
    panel.coefSelect.replaceChildren(
      ...choices.map(([value, name]) => el("option", { value, selected: String(value) === now }, name)),
    );
    panel.reset.textContent = text.reset;
    panel.brush.textContent = text.brush;
    panel.brush.hidden = panel.view === "lines";
    panel.brush.title = text.brush_hint;
  }
}

/** What a map can be of: each two of the coefficients. */
function pairsOf(names) {
  return names.flatMap((first, a) =>
    names.slice(a + 1).map((second, i) => [`${a},${a + 1 + i}`, `${first} \u00d7 ${second}`]),
  );
}

function viewNames({ model, labels }) {
  const names = ["shrinkage"];
  if (model.k > 1) names.push("map");
  names.push("size");
  if (labels.lines) names.push("lines");
  return names;
}

/** A sample of a mark and what it means; the sample is for the eye alone. */
function keyEntry(mark, words, look) {
  const sample = el("canvas", { "aria-hidden": "true", class: "sample" });
  const isLine = mark === "complete_pooling" || mark === "target" || mark === "targets";
  const [width, height, ratio] = [isLine ? 30 : 13, 13, 2];
  sample.width = width * ratio;
  sample.height = height * ratio;
  sample.style.cssText = `width:${width}px;height:${height}px`;
  const ctx = sample.getContext("2d");
  ctx.scale(ratio, ratio);
  const { marks, palette } = look;
  if (isLine) {
    const dark = marks.complete_pooling;
    ctx.strokeStyle = mark === "target" ? rgba(marks.partial_pooling.color, 0.55) : dark.color;
    ctx.lineWidth = mark === "targets" ? 1.4 : 2;
    ctx.setLineDash(mark === "complete_pooling" ? dark.dash : []);
    if (mark === "targets") for (const x of [8, 15, 22]) segment(ctx, x, 2, x, 11);
    else segment(ctx, 0, 6.5, 30, 6.5);
  } else {
    const blue = marks.partial_pooling.color;
    const looks = {
      no_pooling: { fill: "none", line: marks.no_pooling.color, width: 1.8 },
      partial_pooling: { fill: blue, line: palette.background, width: 0 },
      unsupported: { fill: rgba(blue, 0.22), line: rgba(blue, 0.75), width: 1.2 },
    };
    circles(ctx, [6.5], [6.5], 5, looks[mark]);
  }
  return el("span", {}, sample, words);
}
