// Turning the dial: one hand, or two where intercept and slope part; pointer and keys.

import { placeOf, stepped, withNotch } from "./scale.js";

const [SMALL, FINE, LARGE] = [0.012, 0.002, 0.08];
const SOON = 350;

export function wireTurning(dial) {
  const { turning, hands, place } = dial.at;
  let hand = null;
  const follow = (event) => {
    const box = dial.at.strip.getBoundingClientRect();
    const { left, right } = dial.area;
    const share = Math.min(Math.max((event.clientX - box.left - left) / (right - left), 0), 1);
    dial.gliding = null;
    turnHand(dial, hand, withNotch(dial.scene.model.range, share, 6 / (right - left)));
  };
  turning.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !dial.area) return;
    hand = nearestHand(dial, event);
    turning.setPointerCapture(event.pointerId);
    place.classList.add("dragging");
    follow(event);
    hands[hand].focus({ preventScroll: true });
    event.preventDefault();
  });
  turning.addEventListener("pointermove", (event) => hand !== null && follow(event));
  const stop = () => {
    if (hand === null) return;
    hand = null;
    place.classList.remove("dragging");
    dial.release();
  };
  turning.addEventListener("pointerup", stop);
  turning.addEventListener("pointercancel", stop);
  hands.forEach((each, i) => each.addEventListener("keydown", (event) => pressKey(dial, i, event)));
  dial.at.splitting.addEventListener("click", () => dial.part());
}

/** Turn one of the hands; the only one there is turns both variances. */
function turnHand(dial, hand, c) {
  const { range } = dial.scene.model;
  const { c: first, slope } = dial.position;
  if (slope === null) {
    dial.turn(c);
    return;
  }
  const held = Math.min(c, range[1]);
  dial.turn(...(hand === 0 ? [held, slope] : [Math.min(first, range[1]), held]));
}

function nearestHand(dial, event) {
  if (dial.position.slope === null) return 0;
  const far = dial.at.hands.map((hand) => {
    const box = hand.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return Math.hypot(event.clientX - x, 1.5 * (event.clientY - y));
  });
  return far[1] < far[0] ? 1 : 0;
}

function pressKey(dial, hand, event) {
  const small = event.shiftKey ? FINE : SMALL;
  const steps = {
    ArrowRight: small, ArrowUp: small, ArrowLeft: -small, ArrowDown: -small,
    PageUp: LARGE, PageDown: -LARGE,
  };
  const { range } = dial.scene.model;
  const { c: first, slope } = dial.position;
  const now = hand === 0 ? first : slope;
  let c;
  if (event.key === "Home") c = 0;
  else if (event.key === "End") c = Infinity;
  else if (event.key in steps) c = stepped(range, now, steps[event.key]);
  else return;
  event.preventDefault();
  dial.gliding = null;
  turnHand(dial, hand, c);
  dial.releaseSoon(SOON);
}

/** Tell each hand's element where it stands, for whoever cannot see it. */
export function sayHands({ at, scene, position }, finding) {
  const { text, model, labels } = scene;
  const isSplit = position.slope !== null;
  at.hands[1].hidden = !isSplit;
  [position.c, position.slope].forEach((c, i) => {
    if (c === null) return;
    const hand = at.hands[i];
    hand.textContent = isSplit ? text.hands[i] : "";
    const name = isSplit ? `${text.dial}, ${labels.short[i]}` : text.dial;
    hand.setAttribute("aria-label", name);
    hand.setAttribute("aria-valuenow", String(Math.round(100 * placeOf(model.range, c))));
    hand.setAttribute("aria-valuetext", finding);
  });
}
