// Pointing at the views: hover, choose, frame to zoom or to brush, wheel, keys.

import { el } from "./elements.js";
import { counted, fill, number } from "./format.js";
import { nearest } from "./views.js";

const [FINGER, MOUSE] = [26, 16];

export function wirePanel(dial, panel) {
  const { canvas } = panel;
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const isFraming = (event) => event.pointerType === "mouse" || panel.isBrush;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    panel.press = { at: spot(event), moved: false, isBrush: panel.isBrush !== event.shiftKey };
    if (isFraming(event)) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = spot(event);
    if (panel.press && isFraming(event)) frameBox(dial, panel, x, y);
    else hover(dial, panel, x, y, event);
  });
  canvas.addEventListener("pointerup", (event) => {
    const [x, y] = spot(event);
    const { press } = panel;
    panel.press = null;
    if (press && !press.moved) {
      const j = nearest(panel, x, y, event.pointerType === "mouse" ? MOUSE : FINGER);
      if (j >= 0) dial.select(j === dial.scene.selected ? null : j);
      else if (dial.scene.brushed) dial.brush(null);
    }
    if (panel.box && press) (press.isBrush ? brushBox : zoomToBox)(dial, panel);
  });
  canvas.addEventListener("pointerleave", () => hover(dial, panel, -99, -99));
  canvas.addEventListener("pointercancel", () => {
    panel.press = null;
    panel.box = null;
    dial.draw();
  });
  canvas.addEventListener("dblclick", () => dial.unzoom(panel));
  canvas.addEventListener("keydown", (event) => step(dial, panel, event));
  panel.brush.addEventListener("click", () => {
    panel.isBrush = !panel.isBrush;
    panel.brush.setAttribute("aria-pressed", String(panel.isBrush));
    canvas.classList.toggle("brushing", panel.isBrush);
  });
  const wheel = (event) => {
    if (!(event.ctrlKey || panel.zoom) || !isOver(panel, spot(event))) return;
    event.preventDefault();
    zoom(dial, panel, ...spot(event), Math.exp(0.0016 * event.deltaY));
  };
  canvas.addEventListener("wheel", wheel, { passive: false });
}

function isOver(panel, [x, y]) {
  const box = panel.scales?.box;
  return box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

/** Up and down (left and right) go through the groups in the order of their own estimates. */
function step(dial, panel, event) {
  const ways = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, End: Infinity, Home: -Infinity };
  const way = ways[event.key];
  if (event.key === "Escape") {
    dial.brush(null);
    dial.unzoom(panel);
    return;
  }
  if (!way) return;
  event.preventDefault();
  const { prepared, selected, J } = dial.scene;
  const order = prepared.orders[panel.coef];
  const at = selected === null ? (way > 0 ? -1 : J) : prepared.ranks[panel.coef][selected];
  dial.scene.selected = order[Math.min(Math.max(at + way, 0), J - 1)];
  dial.draw();
  dial.releaseSoon();
}

/** Dragging over a view frames what to look at more closely, as in the other figures. */
function frameBox(dial, panel, x, y) {
  const [px, py] = panel.press.at;
  if (!panel.press.moved && Math.hypot(x - px, y - py) < 6) return;
  panel.press.moved = true;
  panel.box = [px, py, x, y];
  dial.draw();
}

function zoomToBox(dial, panel) {
  const [x0, y0, x1, y1] = panel.box;
  panel.box = null;
  const { x, y } = panel.scales;
  if (Math.abs(x1 - x0) > 12 && Math.abs(y1 - y0) > 12) {
    const between = (p, q, scale) => [scale.back(p), scale.back(q)].sort((a, b) => a - b);
    panel.zoom = { x: between(x0, x1, x), y: between(y0, y1, y) };
    panel.reset.hidden = false;
  }
  dial.draw();
}

/** The groups whose pooled or own mark lies in the frame. */
export function insideBox({ x0, y0, x1, y1, own, other }, [ax, ay, bx, by]) {
  const [left, right] = ax < bx ? [ax, bx] : [bx, ax];
  const [top, bottom] = ay < by ? [ay, by] : [by, ay];
  const isIn = (x, y) => x >= left && x <= right && y >= top && y <= bottom;
  const out = [];
  for (const j of own) if (isIn(x1[j], y1[j]) || isIn(x0[j], y0[j])) out.push(j);
  for (const j of other) if (isIn(x1[j], y1[j])) out.push(j);
  return out;
}

function brushBox(dial, panel) {
  const found = panel.hits?.own ? insideBox(panel.hits, panel.box) : [];
  panel.box = null;
  dial.brush(found.length ? new Set(found) : null);
}

function zoom(dial, panel, px, py, factor) {
  const { x, y } = panel.scales;
  panel.zoom = { x: zoomed(x, px, factor), y: zoomed(y, py, factor) };
  panel.reset.hidden = false;
  dial.draw();
}

function zoomed(scale, at, factor) {
  return scale.pixels.map((edge) => scale.back(at + (edge - at) * factor)).sort((a, b) => a - b);
}

function hover(dial, panel, x, y, event) {
  const j = x < 0 ? -1 : nearest(panel, x, y);
  const found = j >= 0 ? j : null;
  panel.canvas.style.cursor = found !== null ? "pointer" : panel.isBrush ? "crosshair" : "default";
  if (found !== dial.scene.hovered) {
    dial.scene.hovered = found;
    dial.draw();
  }
  showTip(dial, found, event);
}

function showTip({ scene, at: { tip, place } }, j, event) {
  tip.hidden = j === null || !event;
  if (tip.hidden) return;
  const { model, at, labels, prepared, text } = scene;
  const { J, k } = model;
  const rows = [el("strong", {}, prepared.names[j]), el("span", {}, counted(model.n[j], labels))];
  for (let a = 0; a < k; a++) {
    const i = a * J + j;
    const own = model.estimable[i] ? number(at.own[i], 3) : text.lacking;
    const moves = fill(text.moves, { own, pooled: number(at.pooled[i], 3) });
    rows.push(el("span", {}, `${labels.short[a]}: ${moves}`));
  }
  tip.replaceChildren(...rows);
  const box = place.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const isRight = x > box.width - tip.offsetWidth - 24;
  tip.style.left = `${Math.max(isRight ? x - tip.offsetWidth - 14 : x + 16, 0)}px`;
  tip.style.top = `${Math.max(y - tip.offsetHeight - 8, 0)}px`;
}
