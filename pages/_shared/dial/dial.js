// The pooling dial: one control from complete to no pooling, and every view that follows it.
// While it is dragged nothing leaves the browser; on release Python is told where it stands.
//
// For tests and other programs: the element `.ppe-dial` has a method `drawn()` that returns
// the position, every group's pooled line and target, and the marks read back from pixels.

import { showCard } from "./card.js";
import { buildDial, buildPanel, dress, el } from "./elements.js";
import { counted, fill, percent } from "./format.js";
import { positionAt, readModel } from "./model.js";
import { savePicture } from "./picture.js";
import { fit, rgba } from "./plot.js";
import { wirePanel } from "./pointing.js";
import { preparedOf } from "./prepare.js";
import { placeOf, positionOf, within } from "./scale.js";
import { wireSearch } from "./search.js";
import { splitAt } from "./split.js";
import { drawStrip } from "./strip.js";
import { sayHands, wireTurning } from "./turning.js";
import { rowsNeeded } from "./weights.js";
import { findingOf, groupWords, isInside, readoutOf, viewWords } from "./words.js";
import { readBack, VIEWS } from "./views.js";

/** Widths below which one view is shown, and below which all stands in one column. */
const [NARROW, STACKED] = [620, 860];
const GLIDE = 320;
const WAIT = 350;
const instances = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let dial = instances.get(parentElement);
  if (!dial) {
    dial = new Dial(parentElement);
    instances.set(parentElement, dial);
  }
  dial.tell = setStateValue;
  dial.ask = setTriggerValue;
  dial.take(data);
  return () => dial.rest();
}

class Dial {
  constructor(root) {
    this.scene = { selected: null, hovered: null, sought: null, brushed: null, marked: [] };
    this.position = { c: 1, slope: null };
    this.rooms = [{}, {}];
    this.panels = ["left", "right"].map(buildPanel);
    this.at = buildDial(this.panels);
    this.place = this.at.place;
    this.place.drawn = () => this.drawn();
    root.append(this.place);
    wireTurning(this);
    wireSearch(this);
    for (const panel of this.panels) {
      wirePanel(this, panel);
      panel.reset.addEventListener("click", () => this.unzoom(panel));
      panel.coefSelect.addEventListener("change", () => {
        const chosen = panel.coefSelect.value.split(",").map(Number);
        if (panel.view === "map") panel.pair = chosen;
        else [panel.coef] = chosen;
        this.unzoom(panel);
        this.release();
      });
    }
    this.at.back.addEventListener("click", () => this.goBack());
    for (const save of this.at.files) {
      save.addEventListener("click", () => savePicture(this, save.dataset.format));
    }
  }

  /** Take over what Python sent; what the reader is doing goes on. */
  take(data) {
    const { scene } = this;
    const isNew = data.id !== this.id;
    const before = isNew && scene.model && sameGroups(scene.model, data.payload) ? scene.at : null;
    const { labels, text, look, paper, evidence, focus } = data;
    Object.assign(scene, { labels, text, look, paper, evidence, focus });
    if (isNew) {
      this.id = data.id;
      scene.model = readModel(data.payload);
      scene.J = scene.model.J;
      this.rooms = [{}, {}];
      this.gliding = null;
      if (!before) Object.assign(scene, { selected: null, brushed: null, sought: null });
      this.prepare();
    }
    if (isNew || data.told !== this.told) {
      this.told = data.told;
      const { c, slope, group } = data.position;
      scene.selected = group !== null && group < scene.J ? group : null;
      const parts = slope !== null && scene.model.split;
      this.reopen(data.position.views);
      this.turn(within(scene.model.range, c === "none" ? Infinity : c), parts ? slope : null);
      this.sent = JSON.stringify(this.value());
    }
    if (before) this.morph(before);
    dress(this);
    this.observe();
    this.draw();
    this.say();
    if (evidence && !evidence.cv && evidence.wants && this.asked !== this.id) this.askForMore();
  }

  /** What takes a moment to compute is asked for when the picture stands. */
  askForMore() {
    this.asked = this.id;
    setTimeout(() => this.place.isConnected && this.ask("more", this.id), 60);
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
      panel.reset.hidden = true;
      panel.hits = null;
      panel.count = model.J;
    }
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
    dress(this);
    this.draw();
    this.describe();
    this.release();
  }

  /** Which views are open and of which coefficient, as a link holds it: `size.1-map`. */
  open() {
    return this.panels.map(({ view, coef }) => (coef ? `${view}.${coef}` : view)).join("-");
  }

  /** Open the views that a link names; the usual ones where it names none. */
  reopen(views) {
    const { labels, model } = this.scene;
    const wanted = (views ?? labels.views.join("-")).split("-");
    for (const [i, panel] of this.panels.entries()) {
      const [view, coef] = (wanted[i] ?? "").split(".");
      panel.view = view;
      panel.coef = Math.min(Number(coef) || 0, model.k - 1);
    }
  }

  unzoom(panel) {
    panel.zoom = null;
    panel.reset.hidden = true;
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
    this.place.classList.toggle("stacked", this.place.clientWidth < STACKED * scene.look.scale);
    scene.marked = [...new Set([scene.hovered, scene.selected])].filter((j) => j !== null);
    scene.matches = scene.sought ?? scene.brushed;
    scene.needed = null;
    if (scene.selected !== null && isInside(scene.at)) {
      scene.needed = { n: rowsNeeded(scene.now, scene.at.t, scene.selected) };
    }
    for (const panel of this.panels) {
      if (!panel.canvas.clientWidth) continue;
      Object.assign(panel, fit(panel.canvas));
      VIEWS[panel.view].draw(panel, scene);
      if (panel.box) drawBox(panel, scene.look);
    }
    this.area = drawStrip(fit(this.at.strip), scene, this.position);
    this.area.hands.forEach(([x, y], i) => {
      this.at.hands[i].style.transform = `translate(${x}px, ${y}px)`;
    });
    this.write();
    this.place.dataset.painted = String(Number(this.place.dataset.painted ?? 0) + 1);
    if (this.gliding || this.morphing) this.draw();
  }

  /** Finding, slider value and card: as the dial turns. */
  write() {
    const { scene, at, position } = this;
    const { text } = scene;
    const isSplit = position.slope !== null;
    at.finding.textContent = findingOf(scene);
    at.readout.textContent = readoutOf(scene);
    at.back.disabled = position.c === 1 && !isSplit;
    at.splitting.textContent = isSplit ? text.together : text.part;
    at.splitting.setAttribute("aria-pressed", String(isSplit));
    sayHands(this, at.finding.textContent);
    showCard(at.card, scene);
    this.writePicked();
    this.place.dataset.c = String(position.c);
    this.place.dataset.share = String(scene.at.sharing);
  }

  /** What a brush has caught: how many, and how far they are pooled together. */
  writePicked() {
    const { scene, at } = this;
    const { brushed, text, labels, model } = scene;
    at.picked.hidden = !brushed;
    if (!brushed) return;
    let rows = 0;
    for (const j of brushed) rows += model.n[j];
    const count = brushed.size;
    const values = {
      n: count.toLocaleString("en"),
      groups: count === 1 ? labels.group : labels.groups,
      rows: counted(rows, labels),
      share: percent(pooledShare(scene, brushed)),
    };
    const clear = el("button", { type: "button", class: "plain" }, text.clear);
    clear.addEventListener("click", () => this.brush(null));
    at.picked.replaceChildren(el("span", {}, fill(text.picked, values)), clear);
  }

  /** Tell a screen reader where things stand now that they have come to rest. */
  say() {
    const { scene } = this;
    this.write();
    const parts = [this.at.finding.textContent];
    if (scene.selected !== null) parts.push(groupWords(scene, scene.selected));
    this.at.live.textContent = `${parts.join(". ")}.`;
    this.describe();
  }

  describe() {
    for (const panel of this.panels) {
      panel.canvas.setAttribute("aria-label", viewWords(this.scene, panel.view));
    }
  }

  /** What is on the screen, read back from its pixels: for tests and for the curious. */
  drawn() {
    const { scene, position } = this;
    const { at } = scene;
    const list = (values) => Array.from(values);
    return {
      c: String(position.c),
      slope: position.slope === null ? null : String(position.slope),
      group_names: scene.prepared.names,
      pooled: list(at.pooled),
      own: list(at.own),
      target: list(at.target),
      fixef: list(at.fixef),
      sigma_y: at.sigmaY,
      sharing: at.sharing,
      panels: this.panels.filter((panel) => panel.hits).map((panel) => readBack(panel, scene)),
    };
  }

  // ---------------------------------------------------------------- turning

  /** Stand at c; with `slope`, c is for the intercept and that for the slope. */
  turn(c, slope = null) {
    const { scene } = this;
    this.position = { c, slope };
    if (slope === null || (c === 0 && slope === 0)) {
      scene.at = this.rooms[0] = positionAt(scene.model, c, this.rooms[0]);
      scene.now = scene.model;
    } else {
      scene.at = this.rooms[1] = splitAt(scene.model, [c, slope], this.rooms[1]);
      scene.now = scene.at.model;
    }
    this.draw();
  }

  /** Let intercept and slope part, or bring them together again. */
  part() {
    const { c, slope } = this.position;
    const { range } = this.scene.model;
    const held = c === Infinity ? range[1] : c;
    this.turn(held, slope === null ? held : null);
    this.release();
  }

  goBack() {
    if (this.position.slope !== null) this.turn(this.position.c, null);
    this.glide(1);
  }

  value() {
    const { c, slope } = this.position;
    const open = this.open();
    const views = open === this.scene.labels.views.join("-") ? null : open;
    return { c: c === Infinity ? "none" : c, slope, group: this.scene.selected, views };
  }

  /** The dial has come to rest: now Python may know. */
  release() {
    clearTimeout(this.waiting);
    this.say();
    const value = this.value();
    const key = JSON.stringify(value);
    if (key === this.sent) return;
    this.sent = key;
    this.tell("position", value);
  }

  releaseSoon(wait = WAIT) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.release(), wait);
  }

  /** Move to a position by itself, at once for who wants no motion. */
  glide(c) {
    const { range } = this.scene.model;
    const [from, to] = [placeOf(range, this.position.c), placeOf(range, c)];
    if (isStill() || from === to) {
      this.turn(c);
      this.release();
      return;
    }
    this.gliding = { from, to, c, start: performance.now() };
    this.draw();
  }

  morph(before) {
    if (isStill()) return;
    const keep = (values) => Float64Array.from(values);
    this.morphing = {
      start: performance.now(),
      own: keep(before.own),
      pooled: keep(before.pooled),
      target: keep(before.target),
    };
  }

  step(now) {
    const { scene } = this;
    if (this.gliding) {
      const { from, to, c, start } = this.gliding;
      const share = eased(now, start);
      if (share >= 1) this.gliding = null;
      this.turn(share >= 1 ? c : positionOf(scene.model.range, from + share * (to - from)));
      cancelAnimationFrame(this.frame);
      this.frame = 0;
      if (share >= 1) this.release();
    }
    if (!this.morphing) return;
    const share = eased(now, this.morphing.start);
    const { c, slope } = this.position;
    this.turn(c, slope);
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    for (const name of ["own", "pooled", "target"]) {
      const [old, last] = [this.morphing[name], scene.at[name]];
      for (let i = 0; i < last.length; i++) last[i] = old[i] + share * (last[i] - old[i]);
    }
    if (share >= 1) this.morphing = null;
  }

  // ---------------------------------------------------------------- choosing groups

  select(j) {
    this.scene.selected = j;
    this.draw();
    this.release();
  }

  brush(set) {
    this.scene.brushed = set;
    this.draw();
    this.write();
    if (set) this.at.live.textContent = this.at.picked.firstChild.textContent;
  }
}

function isStill() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function eased(now, start) {
  const share = Math.min(Math.max((now - start) / GLIDE, 0), 1);
  return share * share * (3 - 2 * share);
}

/** Share of the brushed groups' distance from their targets that is gone, first coefficient. */
function pooledShare({ at, model }, brushed) {
  let [own, pooled] = [0, 0];
  for (const j of brushed) {
    if (!model.estimable[j]) continue;
    own += Math.abs(at.own[j] - at.target[j]);
    pooled += Math.abs(at.pooled[j] - at.target[j]);
  }
  return own > 0 ? Math.max(1 - pooled / own, 0) : NaN;
}

function drawBox({ ctx, box: [x0, y0, x1, y1] }, look) {
  ctx.fillStyle = rgba(look.palette.link, 0.1);
  ctx.strokeStyle = look.palette.link;
  ctx.lineWidth = 1;
  ctx.fillRect(x0, y0, x1 - x0, y1 - y0);
  ctx.strokeRect(x0, y0, x1 - x0, y1 - y0);
}

function sameGroups(model, payload) {
  return model.k === payload.k && model.names.length === payload.names.length
    && model.names.every((name, j) => name === payload.names[j]);
}
