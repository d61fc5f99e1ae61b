// What a canvas can do, as far as the views need it, written down as SVG.

const NAMES = { top: 0.8, middle: 0.35, bottom: -0.2, alphabetic: 0 };
const ANCHORS = { left: "start", center: "middle", right: "end" };

function dotted(v) {
  return String(Math.round(v * 100) / 100);
}

/** A text with what XML keeps for itself written out, and without what it cannot hold. */
export function inXml(text) {
  return String(text)
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The drawing context of one picture: it draws nothing and keeps every mark in `parts`. */
export class VectorContext {
  /** `measure` is a real context: only that knows how wide a text is. */
  constructor(measure) {
    this.isVector = true;
    this.measure = measure;
    this.parts = [];
    this.defs = [];
    this.kept = [];
    this.path = [];
    this.dash = [];
    this.moves = [];
    this.clipped = "";
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, lineCap: "butt" });
    Object.assign(this, { globalAlpha: 1, font: "400 12px sans-serif", textAlign: "left", textBaseline: "alphabetic" });
  }

  save() {
    const { fillStyle, strokeStyle, lineWidth, lineCap, globalAlpha, font, textAlign, textBaseline } = this;
    const style = { fillStyle, strokeStyle, lineWidth, lineCap, globalAlpha, font, textAlign, textBaseline };
    this.kept.push({ ...style, dash: this.dash, moves: [...this.moves], clipped: this.clipped });
  }

  restore() {
    Object.assign(this, this.kept.pop());
  }

  translate(x, y) {
    this.moves.push(`translate(${dotted(x)} ${dotted(y)})`);
  }

  rotate(angle) {
    this.moves.push(`rotate(${dotted((angle * 180) / Math.PI)})`);
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  measureText(text) {
    this.measure.font = this.font;
    return this.measure.measureText(text);
  }

  beginPath() {
    this.path = [];
  }

  moveTo(x, y) {
    this.path.push(`M${dotted(x)} ${dotted(y)}`);
  }

  lineTo(x, y) {
    this.path.push(`${this.path.length ? "L" : "M"}${dotted(x)} ${dotted(y)}`);
  }

  rect(x, y, width, height) {
    this.path.push(`M${dotted(x)} ${dotted(y)}h${dotted(width)}v${dotted(height)}h${dotted(-width)}z`);
  }

  /** A whole circle: the views draw no other arcs. */
  arc(x, y, r) {
    const half = `a${dotted(r)} ${dotted(r)} 0 1 0`;
    this.path.push(`M${dotted(x - r)} ${dotted(y)}${half} ${dotted(2 * r)} 0${half} ${dotted(-2 * r)} 0z`);
  }

  clip() {
    const id = `${this.prefix ?? "clip"}${this.defs.length}`;
    this.defs.push(`<clipPath id="${id}"><path d="${this.path.join("")}"/></clipPath>`);
    this.clipped = ` clip-path="url(#${id})"`;
  }

  fill() {
    this.#mark(`fill="${inXml(this.fillStyle)}"`);
  }

  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.map(dotted).join(" ")}"` : "";
    const cap = this.lineCap === "butt" ? "" : ` stroke-linecap="${this.lineCap}"`;
    this.#mark(`fill="none" stroke="${inXml(this.strokeStyle)}" stroke-width="${dotted(this.lineWidth)}"${dash}${cap}`);
  }

  fillRect(x, y, width, height) {
    this.#alone(() => this.rect(x, y, width, height), () => this.fill());
  }

  strokeRect(x, y, width, height) {
    this.#alone(() => this.rect(x, y, width, height), () => this.stroke());
  }

  fillText(text, x, y) {
    const [, weight, size, family] = this.font.match(/^(\d+) ([\d.]+)px (.*)$/);
    const down = y + (NAMES[this.textBaseline] ?? 0) * Number(size);
    const anchor = ANCHORS[this.textAlign] ?? "start";
    const about = `x="${dotted(x)}" y="${dotted(down)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}"`;
    this.parts.push(
      `<text ${about} font-family="${inXml(family)}" fill="${inXml(this.fillStyle)}"${this.#place()}>${inXml(text)}</text>`,
    );
  }

  #alone(build, paint) {
    const { path } = this;
    this.path = [];
    build();
    paint();
    this.path = path;
  }

  #mark(look) {
    if (this.path.length) this.parts.push(`<path d="${this.path.join("")}" ${look}${this.#place()}/>`);
  }

  #place() {
    const moved = this.moves.length ? ` transform="${this.moves.join(" ")}"` : "";
    const pale = this.globalAlpha < 1 ? ` opacity="${dotted(this.globalAlpha)}"` : "";
    return moved + pale + this.clipped;
  }
}
