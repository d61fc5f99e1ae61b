// The pooling dial: one control from complete to no pooling, and every view that follows it.
// While it is dragged nothing leaves the browser; on release Python is told where it stands.

import { el, fill, showCard } from "./card.js";
import { fixed, number, percent, shorten } from "./format.js";
import { placeOf, positionAt, positionOf, readModel, rowsNeeded, STOP, withNotch } from "./model.js";
import { circles, fit, rgba, segment } from "./plot.js";
import { drawStrip } from "./strip.js";
import { nearest, preparedOf, VIEWS } from "./views.js";

const NARROW = 620;
const GLIDE = 320;
const instances = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let dial = instances.get(parentElement);
  if (!dial) {
    dial = new Dial(parentElement);
    instances.set(parentElement, dial);
  }
  dial.tell = (value) => setStateValue("position", value);
  dial.take(data);
  return () => dial.rest();
}

class Dial {
  constructor(root) {
    this.root = root;
    this.scene = { selected: null, hovered: null, matches: null, marked: [] };
    this.panels = [];
    this.build();
  }

  /** Take over what Python sent; what the reader is doing goes on. */
  take(data) {
    const scene = this.scene;
    const isNew = data.id !== this.id;
    const before = isNew && scene.model && sameGroups(scene.model, data.payload) ? scene.at : null;
    Object.assign(scene, {
      labels: data.labels,
      text: data.text,
      look: data.look,
      evidence: data.evidence,
      focus: data.focus,
    });
    if (isNew) {
      this.id = data.id;
      scene.model = readModel(data.payload);
      scene.J = scene.model.J;
      this.room = {};
      if (!before) scene.selected = null;
      this.prepare();
    }
    if (isNew || data.told !== this.told) {
      this.told = data.told;
      const c = data.position.c === "none" ? Infinity : data.position.c;
      const group = data.position.group;
      scene.selected = group !== null && group < scene.J ? group : null;
      this.turn(within(scene.model.range, c));
    }
    if (before) this.morph(before);
    this.dress();
    this.observe();
    this.draw();
    this.say();
  }

  prepare() {
    const { scene } = this;
    const { model } = scene;
    scene.base = positionAt(model, 1);
    scene.complete = positionAt(model, 0);
    scene.prepared = preparedOf(model, scene.base, scene.complete.pooled, scene.labels);
    for (const panel of this.panels) {
      panel.coef = Math.min(panel.coef ?? 0, model.k - 1);
      panel.pair = [0, Math.min(1, model.k - 1)];
      panel.zoom = null;
      panel.hits = null;
      panel.count = model.J;
    }
  }

  // ---------------------------------------------------------------- elements

  build() {
    const place = el("div", { class: "ppe-dial" });
    this.finding = el("h2", { class: "finding" });
    this.key = el("div", { class: "key" });
    const panels = el("div", { class: "panels" });
    this.panels = [this.buildPanel("left"), this.buildPanel("right")];
    panels.append(...this.panels.map((panel) => panel.section));
    this.strip = el("canvas", { "aria-hidden": "true" });
    this.hand = el("div", { class: "hand", role: "slider", tabindex: "0" });
    this.turning = el("div", { class: "strip" }, this.strip, this.hand);
    this.readout = el("div", { class: "readout" });
    this.back = el("button", { type: "button", class: "back" });
    this.find = el("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    this.found = el("ul", { class: "found", role: "listbox", hidden: true, id: "ppe-found" });
    const search = el("div", { class: "search" }, this.find, this.found);
    const head = el("div", { class: "head" }, this.readout, this.back);
    const left = el("div", { class: "turn" }, head, this.turning);
    this.card = el("div", { class: "card" });
    this.live = el("div", { class: "unseen", "aria-live": "polite" });
    this.tip = el("div", { class: "tip", hidden: true });
    const aside = el("div", { class: "aside" }, search, this.card);
    const below = el("div", { class: "below" }, left, aside);
    place.append(this.finding, this.key, panels, below, this.live, this.tip);
    this.place = place;
    place.drawn = () => this.drawn();
    this.root.append(place);
    this.wireDial();
    this.wireSearch();
    this.back.addEventListener("click", () => this.glide(1));
  }

  buildPanel(side) {
    const tabs = el("div", { class: "tabs", role: "group" });
    const coef = el("select", { class: "coef" });
    const canvas = el("canvas", { class: "view", role: "img" });
    const reset = el("button", { type: "button", class: "reset", hidden: true });
    const section = el("section", { class: `panel ${side}` }, el("div", { class: "bar" }, tabs, coef, reset), canvas);
    const panel = { side, section, tabs, coef: 0, coefSelect: coef, canvas, reset, zoom: null };
    coef.addEventListener("change", () => {
      panel.coef = Number(coef.value);
      panel.zoom = null;
      this.dress();
      this.draw();
    });
    reset.addEventListener("click", () => {
      panel.zoom = null;
      reset.hidden = true;
      this.draw();
    });
    this.wirePanel(panel);
    return panel;
  }

  /** Texts, colours, and which views there are: after every message from Python. */
  dress() {
    const { scene } = this;
    const { look, text, labels, model } = scene;
    const style = this.place.style;
    for (const [name, value] of Object.entries(look.palette)) {
      style.setProperty(`--${name.replaceAll("_", "-")}`, value);
    }
    style.setProperty("--size", `${look.text.label}px`);
    style.setProperty("font-family", look.font);
    const names = this.viewNames();
    for (const [i, panel] of this.panels.entries()) {
      if (!names.includes(panel.view)) panel.view = labels.views[i] ?? names[0];
      panel.tabs.setAttribute("aria-label", text.view);
      panel.tabs.replaceChildren(
        ...names.map((name) => {
          const isOn = name === panel.view;
          const tab = el("button", { type: "button", "aria-pressed": String(isOn) }, text.views[name]);
          tab.addEventListener("click", () => this.choose(panel, name));
          return tab;
        }),
      );
      panel.coefSelect.hidden = model.k < 2 || panel.view === "map" || panel.view === "lines";
      panel.coefSelect.setAttribute("aria-label", text.coefficient);
      panel.coefSelect.replaceChildren(
        ...labels.short.map((name, a) => el("option", { value: a, selected: a === panel.coef }, name)),
      );
      panel.reset.textContent = text.reset;
      panel.canvas.setAttribute("aria-label", `${text.views[panel.view]}. ${text.table_below}`);
    }
    this.key.replaceChildren(...labels.key.map(([mark, words]) => keyEntry(mark, words, look)));
    this.back.textContent = text.back;
    this.find.placeholder = fill(text.search, { group: labels.group });
    this.find.setAttribute("aria-label", this.find.placeholder);
    this.hand.setAttribute("aria-label", text.dial);
    this.hand.setAttribute("aria-valuemin", "0");
    this.hand.setAttribute("aria-valuemax", "100");
  }

  viewNames() {
    const { model, labels } = this.scene;
    const names = ["shrinkage"];
    if (model.k > 1) names.push("map");
    names.push("size");
    if (labels.lines) names.push("lines");
    return names;
  }

  choose(panel, view) {
    const other = this.panels.find((p) => p !== panel);
    if (other.view === view) other.view = panel.view;
    panel.view = view;
    for (const each of this.panels) {
      each.zoom = null;
      each.reset.hidden = true;
      each.hits = null;
    }
    this.dress();
    this.draw();
  }

  // ---------------------------------------------------------------- drawing

  observe() {
    if (this.sizes) return;
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.place);
  }

  rest() {
    this.sizes?.disconnect();
    this.sizes = null;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  /** Draw at the next frame, once however often it is asked for. */
  draw() {
    if (!this.frame) this.frame = requestAnimationFrame((now) => this.paint(now));
  }

  paint(now) {
    this.frame = 0;
    const { scene } = this;
    if (!scene.model || !this.place.isConnected || !this.place.clientWidth) return;
    this.step(now);
    scene.isNarrow = this.place.clientWidth < NARROW;
    this.place.classList.toggle("narrow", scene.isNarrow);
    scene.marked = [...new Set([scene.hovered, scene.selected])].filter((j) => j !== null);
    scene.needed = null;
    if (scene.selected !== null && scene.at.c > 0 && scene.at.c < Infinity) {
      scene.needed = { n: rowsNeeded(scene.model, scene.at.t, scene.selected) };
    }
    for (const panel of this.panels) {
      if (!panel.canvas.clientWidth) continue;
      Object.assign(panel, fit(panel.canvas));
      VIEWS[panel.view].draw(panel, scene);
      if (panel.box) drawBox(panel, scene.look);
    }
    this.area = drawStrip(fit(this.strip), scene);
    this.hand.style.transform = `translate(${this.area.x(scene.at.c)}px, ${this.area.floor}px)`;
    this.write();
    if (this.gliding || this.morphing) this.draw();
  }

  /** Finding, slider value and card: as the dial turns. */
  write() {
    const { scene } = this;
    const { text, at, model, labels } = scene;
    const share = percent(at.sharing);
    const where = this.where();
    const words = at.c === 0 ? text.finding_complete : at.c === Infinity ? text.finding_none : text.finding;
    const verdict = this.verdict();
    this.finding.textContent = fill(words, { where, share, verdict, groups: labels.groups });
    const parts = [at.c > 0 && at.c < Infinity ? fill(text.times, { times: number(at.c, 2) }) : ""];
    if (Number.isFinite(at.sigmaY)) parts.push(fill(text.sigma, { sigma: number(at.sigmaY, 3) }));
    this.readout.textContent = parts.filter(Boolean).join(" \u00b7 ");
    this.back.disabled = at.c === 1;
    this.hand.setAttribute("aria-valuenow", fixed(100 * placeOf(model.range, at.c), 0));
    this.hand.setAttribute("aria-valuetext", this.finding.textContent);
    showCard(this.card, scene);
    this.place.dataset.c = String(at.c);
    this.place.dataset.share = String(at.sharing);
  }

  where() {
    const { text, at, model } = this.scene;
    if (at.c === 1) return model.is_substituted ? text.at_middle : text.at_estimate;
    return fill(text.at_times, { times: number(at.c, 2) });
  }

  /** Whether the data allow this much sharing: inside the 95% interval or not. */
  verdict() {
    const { text, at, evidence } = this.scene;
    if (!evidence || at.c === 1) return "";
    const [low, high] = evidence.interval;
    if (at.c < low) return text.too_much;
    return at.c > high ? text.too_little : text.allowed;
  }

  /** Tell a screen reader where things stand now that they have come to rest. */
  say() {
    const { text, at, selected, prepared, model } = this.scene;
    this.write();
    const parts = [this.finding.textContent];
    if (selected !== null) {
      const row = (values) => number(values[selected], 3);
      const owns = model.estimable[selected] ? row(at.own) : text.lacking;
      parts.push(fill(text.group_at, { name: prepared.names[selected], own: owns, pooled: row(at.pooled) }));
    }
    this.live.textContent = `${parts.join(". ")}.`;
  }

  /** What is on the screen, read back from its pixels: for tests and for the curious. */
  drawn() {
    const { at } = this.scene;
    const panels = this.panels.filter((panel) => panel.hits && !panel.hits.lines).map((panel) => {
      const { x, y } = panel.scales;
      const { x1, y1 } = panel.hits;
      const read = (scale, pixels) => Array.from(pixels, (p) => scale.back(p));
      const isMap = panel.view === "map";
      return {
        side: panel.side,
        view: panel.view,
        x_term: isMap ? panel.pair[0] : panel.view === "shrinkage" ? panel.coef : null,
        y_term: isMap ? panel.pair[1] : panel.view === "size" ? panel.coef : null,
        x: read(x, x1),
        y: read(y, y1),
        x_per_pixel: 1 / Math.abs(x.factor),
        y_per_pixel: 1 / Math.abs(y.factor),
        spots: Array.from(x1, (p, j) => [p, y1[j]]),
      };
    });
    const list = (values) => Array.from(values);
    return { c: String(at.c), pooled: list(at.pooled), target: list(at.target), panels };
  }

  // ---------------------------------------------------------------- turning

  turn(c) {
    this.scene.at = this.room = positionAt(this.scene.model, c, this.room);
    this.draw();
  }

  /** The dial has come to rest: now Python may know. */
  release() {
    this.say();
    const { at, selected } = this.scene;
    const value = { c: at.c === Infinity ? "none" : at.c, group: selected };
    const key = JSON.stringify(value);
    if (key === this.sent) return;
    this.sent = key;
    this.tell(value);
  }

  /** Move to a position by itself, at once for who wants no motion. */
  glide(c) {
    const { model, at } = this.scene;
    const [from, to] = [placeOf(model.range, at.c), placeOf(model.range, c)];
    if (this.isStill() || from === to) {
      this.turn(c);
      this.release();
      return;
    }
    this.gliding = { from, to, c, start: performance.now() };
    this.draw();
  }

  morph(before) {
    if (this.isStill()) return;
    const keep = (values) => Float64Array.from(values);
    this.morphing = {
      start: performance.now(),
      own: keep(before.own),
      pooled: keep(before.pooled),
      target: keep(before.target),
    };
  }

  step(now) {
    const ease = (start) => {
      const share = Math.min(Math.max((now - start) / GLIDE, 0), 1);
      return share * share * (3 - 2 * share);
    };
    const { scene } = this;
    if (this.gliding) {
      const { from, to, c, start } = this.gliding;
      const share = ease(start);
      if (share >= 1) this.gliding = null;
      const between = positionOf(scene.model.range, from + share * (to - from));
      scene.at = this.room = positionAt(scene.model, share >= 1 ? c : between, this.room);
      if (share >= 1) this.release();
    }
    if (this.morphing) {
      const share = ease(this.morphing.start);
      scene.at = this.room = positionAt(scene.model, scene.at.c, this.room);
      for (const name of ["own", "pooled", "target"]) {
        const [old, now_] = [this.morphing[name], scene.at[name]];
        for (let i = 0; i < now_.length; i++) now_[i] = old[i] + share * (now_[i] - old[i]);
      }
      if (share >= 1) this.morphing = null;
    }
  }

  isStill() {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  wireDial() {
    const at = (event) => {
      const box = this.strip.getBoundingClientRect();
      const { left, right } = this.area;
      const place = (event.clientX - box.left - left) / (right - left);
      const { range } = this.scene.model;
      this.gliding = null;
      this.turn(withNotch(range, Math.min(Math.max(place, 0), 1), 6 / (right - left)));
    };
    this.turning.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.area) return;
      this.turning.setPointerCapture(event.pointerId);
      this.dragging = true;
      this.place.classList.add("dragging");
      at(event);
      this.hand.focus({ preventScroll: true });
      event.preventDefault();
    });
    this.turning.addEventListener("pointermove", (event) => this.dragging && at(event));
    const stop = () => {
      if (!this.dragging) return;
      this.dragging = false;
      this.place.classList.remove("dragging");
      this.release();
    };
    this.turning.addEventListener("pointerup", stop);
    this.turning.addEventListener("pointercancel", stop);
    this.hand.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    const { model, at } = this.scene;
    const small = event.shiftKey ? 0.002 : 0.012;
    const steps = {
      ArrowRight: small, ArrowUp: small, ArrowLeft: -small, ArrowDown: -small,
      PageUp: 0.08, PageDown: -0.08,
    };
    let c;
    if (event.key === "Home") c = 0;
    else if (event.key === "End") c = Infinity;
    else if (event.key in steps) c = stepped(model.range, at.c, steps[event.key]);
    else return;
    event.preventDefault();
    this.gliding = null;
    this.turn(c);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.release(), 350);
  }

  // ---------------------------------------------------------------- choosing groups

  select(j) {
    this.scene.selected = j;
    this.draw();
    this.release();
  }

  wirePanel(panel) {
    const { canvas } = panel;
    const spot = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      panel.press = { at: spot(event), moved: false };
      if (event.pointerType === "mouse") canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = spot(event);
      if (panel.press && event.pointerType === "mouse") this.frameBox(panel, x, y);
      else this.hover(panel, x, y, event);
    });
    canvas.addEventListener("pointerup", (event) => {
      const [x, y] = spot(event);
      if (panel.press && !panel.press.moved) {
        const j = nearest(panel, x, y, event.pointerType === "mouse" ? 16 : 26);
        if (j >= 0) this.select(j === this.scene.selected ? null : j);
      }
      if (panel.box) this.zoomToBox(panel);
      panel.press = null;
    });
    canvas.addEventListener("pointerleave", () => this.hover(panel, -99, -99));
    canvas.addEventListener("pointercancel", () => (panel.press = null));
    canvas.addEventListener("dblclick", () => {
      panel.zoom = null;
      panel.reset.hidden = true;
      this.draw();
    });
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (!(event.ctrlKey || panel.zoom) || !this.isOver(panel, spot(event))) return;
        event.preventDefault();
        this.zoom(panel, ...spot(event), Math.exp(0.0016 * event.deltaY));
      },
      { passive: false },
    );
  }

  isOver(panel, [x, y]) {
    const box = panel.scales?.box;
    return box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  }

  /** Dragging over a view frames what to look at more closely, as in the other figures. */
  frameBox(panel, x, y) {
    const [px, py] = panel.press.at;
    if (!panel.press.moved && Math.hypot(x - px, y - py) < 6) return;
    panel.press.moved = true;
    panel.box = [px, py, x, y];
    this.draw();
  }

  zoomToBox(panel) {
    const [x0, y0, x1, y1] = panel.box;
    panel.box = null;
    const { x, y } = panel.scales;
    if (Math.abs(x1 - x0) > 12 && Math.abs(y1 - y0) > 12) {
      const between = (p, q, scale) => [scale.back(p), scale.back(q)].sort((a, b) => a - b);
      panel.zoom = { x: between(x0, x1, x), y: between(y0, y1, y) };
      panel.reset.hidden = false;
    }
    this.draw();
  }

  zoom(panel, px, py, factor) {
    const { x, y } = panel.scales;
    panel.zoom = { x: zoomed(x, px, factor), y: zoomed(y, py, factor) };
    panel.reset.hidden = false;
    this.draw();
  }

  hover(panel, x, y, event) {
    const j = x < 0 ? -1 : nearest(panel, x, y);
    const found = j >= 0 ? j : null;
    panel.canvas.style.cursor = found === null ? "default" : "pointer";
    if (found !== this.scene.hovered) {
      this.scene.hovered = found;
      this.draw();
    }
    this.showTip(found, event);
  }

  showTip(j, event) {
    const { scene, tip } = this;
    tip.hidden = j === null || !event;
    if (tip.hidden) return;
    const { model, at, labels, prepared, text } = scene;
    const { J, k } = model;
    const size = `${model.n[j].toLocaleString("en")} ${model.n[j] === 1 ? labels.one : labels.many}`;
    const rows = [el("strong", {}, prepared.names[j]), el("span", {}, size)];
    for (let a = 0; a < k; a++) {
      const isOwn = model.estimable[a * J + j];
      const values = { own: isOwn ? number(at.own[a * J + j], 3) : text.lacking, pooled: number(at.pooled[a * J + j], 3) };
      rows.push(el("span", {}, `${labels.short[a]}: ${fill(text.moves, values)}`));
    }
    tip.replaceChildren(...rows);
    const box = this.place.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const isRight = x > box.width - tip.offsetWidth - 24;
    tip.style.left = `${isRight ? x - tip.offsetWidth - 14 : x + 16}px`;
    tip.style.top = `${Math.max(y - tip.offsetHeight - 8, 0)}px`;
  }

  wireSearch() {
    const { find, found } = this;
    find.setAttribute("role", "combobox");
    find.setAttribute("aria-controls", "ppe-found");
    find.setAttribute("aria-expanded", "false");
    let shown = [];
    let active = 0;
    const close = () => {
      found.hidden = true;
      find.setAttribute("aria-expanded", "false");
    };
    const choose = (j) => {
      find.value = "";
      this.scene.matches = null;
      close();
      this.select(j);
    };
    const list = () => {
      found.replaceChildren(
        ...shown.map((j, i) => {
          const { prepared, model } = this.scene;
          const name = `${shorten(prepared.names[j], 40)} (${model.n[j]})`;
          const item = el("li", { role: "option", "aria-selected": String(i === active) }, name);
          item.addEventListener("pointerdown", (event) => {
            event.preventDefault();
            choose(j);
          });
          return item;
        }),
      );
      found.hidden = !shown.length;
      find.setAttribute("aria-expanded", String(!found.hidden));
    };
    find.addEventListener("input", () => {
      const wanted = find.value.trim().toLocaleLowerCase();
      const all = [];
      if (wanted) {
        this.scene.prepared.names.forEach((name, j) => {
          if (name.toLocaleLowerCase().includes(wanted)) all.push(j);
        });
      }
      all.sort((i, j) => rank(this.scene.prepared.names[i], wanted) - rank(this.scene.prepared.names[j], wanted));
      this.scene.matches = wanted && all.length ? new Set(all) : null;
      shown = all.slice(0, 7);
      active = 0;
      list();
      this.draw();
    });
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && shown.length) choose(shown[active]);
      else if (event.key === "ArrowDown") active = Math.min(active + 1, shown.length - 1);
      else if (event.key === "ArrowUp") active = Math.max(active - 1, 0);
      else if (event.key === "Escape") {
        find.value = "";
        this.scene.matches = null;
        shown = [];
        this.draw();
      } else return;
      event.preventDefault();
      if (event.key !== "Enter") list();
    });
    find.addEventListener("blur", close);
  }
}

/** A sample of a mark and what it means; the sample is for the eye alone. */
function keyEntry(mark, words, look) {
  const sample = el("canvas", { "aria-hidden": "true", class: "sample" });
  const isLine = mark === "complete_pooling" || mark === "target";
  const [width, height] = [isLine ? 30 : 13, 13];
  const ratio = 2;
  sample.width = width * ratio;
  sample.height = height * ratio;
  sample.style.cssText = `width:${width}px;height:${height}px`;
  const ctx = sample.getContext("2d");
  ctx.scale(ratio, ratio);
  const { marks, palette } = look;
  if (isLine) {
    const isTarget = mark === "target";
    ctx.strokeStyle = isTarget ? rgba(marks.partial_pooling.color, 0.55) : marks[mark].color;
    ctx.lineWidth = 2;
    ctx.setLineDash(isTarget ? [] : marks[mark].dash);
    segment(ctx, 0, 6.5, 30, 6.5);
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

function drawBox({ ctx, box: [x0, y0, x1, y1] }, look) {
  ctx.fillStyle = rgba(look.palette.link, 0.1);
  ctx.strokeStyle = look.palette.link;
  ctx.lineWidth = 1;
  ctx.fillRect(x0, y0, x1 - x0, y1 - y0);
  ctx.strokeRect(x0, y0, x1 - x0, y1 - y0);
}

function rank(name, wanted) {
  const at = name.toLocaleLowerCase().indexOf(wanted);
  return at === 0 ? 0 : 1;
}

function sameGroups(model, payload) {
  return model.k === payload.k && model.names.length === payload.names.length
    && model.names.every((name, j) => name === payload.names[j]);
}

function within(range, c) {
  return c === 0 || c === Infinity ? c : Math.min(Math.max(c, range[0]), range[1]);
}

/** One step along the scale; the stops and the notch are steps of their own. */
export function stepped(range, c, step) {
  const place = placeOf(range, c);
  const next = place + step;
  const notch = placeOf(range, 1);
  if (next < STOP - 1e-9) return c === range[0] || c === 0 ? 0 : range[0];
  if (next > 1 - STOP + 1e-9) return c === range[1] || c === Infinity ? Infinity : range[1];
  if ((place - notch) * (next - notch) < -1e-12) return 1;
  if (c === 0) return range[0];
  if (c === Infinity) return range[1];
  return positionOf(range, next);
}

function zoomed(scale, at, factor) {
  return scale.pixels.map((edge) => scale.back(at + (edge - at) * factor));
}
