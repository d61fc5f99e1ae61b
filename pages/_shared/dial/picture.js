// The dial as a file: what is on the screen, on white paper, as vectors or at print resolution.

import { circles, font, rgba, segment } from "./plot.js";
import { drawStrip } from "./strip.js";
import { inXml, VectorContext } from "./vector.js";
import { viewWords } from "./words.js";
import { VIEWS } from "./views.js";

const [WIDTH, MARGIN, HEIGHT, STRIP] = [1000, 20, 430, 150];
/** A sheet of paper takes about 300 dots an inch at this many times the size of a screen. */
const PRINT = 4;

/** Return the dial as SVG text. */
export function vectorsOf(dial) {
  const measure = document.createElement("canvas").getContext("2d");
  const look = dial.scene.paper ?? dial.scene.look;
  const scene = { ...dial.scene, look, isNarrow: false, hovered: null };
  const finding = dial.at.finding.textContent;
  const parts = [];
  const put = (x, y, draw) => {
    const ctx = new VectorContext(measure);
    ctx.prefix = `clip${parts.length}-`;
    draw(ctx);
    parts.push(`<g transform="translate(${x} ${y})"><defs>${ctx.defs.join("")}</defs>${ctx.parts.join("")}</g>`);
  };
  let y = MARGIN;
  const write = (lines, size, weight, color) =>
    put(MARGIN, y, (ctx) => {
      ctx.font = font(look, size, weight);
      ctx.textBaseline = "top";
      ctx.fillStyle = color;
      const rows = lines.flatMap((line) => wrapped(ctx, line, WIDTH - 2 * MARGIN));
      rows.forEach((row, i) => ctx.fillText(row, 0, i * 1.35 * size));
      y += 1.35 * size * rows.length + 0.5 * size;
    });
  write([finding], look.text.label + 6, 600, look.palette.text);
  put(MARGIN, y, (ctx) => drawKey(ctx, scene));
  y += 26;
  const width = (WIDTH - 3 * MARGIN) / 2;
  for (const [i, panel] of dial.panels.entries()) {
    put(MARGIN + i * (width + MARGIN), y, (ctx) => {
      VIEWS[panel.view].draw({ ...panel, ctx, width, height: HEIGHT }, scene);
    });
  }
  y += HEIGHT + MARGIN;
  put(MARGIN, y, (ctx) => {
    const box = { ctx, width: WIDTH - 2 * MARGIN, height: STRIP };
    const { hands } = drawStrip(box, scene, dial.position);
    for (const [x, at] of hands) circles(ctx, [x], [at], 9, { fill: look.palette.text, line: look.palette.background, width: 2 });
  });
  y += STRIP + MARGIN;
  write([dial.at.readout.textContent], look.text.label, 600, look.palette.text);
  write([dial.at.known.textContent].filter(Boolean), look.text.label, 400, look.palette.text);
  const told = [finding, ...dial.panels.map((panel) => viewWords(dial.scene, panel.view))].join(" ");
  const size = `width="${WIDTH}" height="${Math.ceil(y)}" viewBox="0 0 ${WIDTH} ${Math.ceil(y)}"`;
  dial.draw(); // the views keep where their marks stand: on the screen again
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" ${size}><title>${inXml(finding)}</title><desc>${inXml(told)}</desc>` +
    `<rect width="100%" height="100%" fill="${look.palette.background}"/>${parts.join("")}</svg>`
  );
}

/** Save the dial as a file of this format: "svg" or "png". */
export async function savePicture(dial, format) {
  const text = vectorsOf(dial);
  const svg = new Blob([text], { type: "image/svg+xml" });
  const file = format === "png" ? await raster(svg, text) : svg;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `dial.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function raster(svg, text) {
  const [, width, height] = text.match(/width="(\d+)" height="(\d+)"/).map(Number);
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * PRINT;
  canvas.height = height * PRINT;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function wrapped(ctx, text, room) {
  const rows = [""];
  for (const word of text.split(/\s+/)) {
    const longer = rows.at(-1) ? `${rows.at(-1)} ${word}` : word;
    if (rows.at(-1) && ctx.measureText(longer).width > room) rows.push(word);
    else rows[rows.length - 1] = longer;
  }
  return rows;
}

/** The key on one line: a sample of every mark, and what it means. */
function drawKey(ctx, { labels, look }) {
  const { marks, palette, text } = look;
  const blue = marks.partial_pooling.color;
  const looks = {
    no_pooling: { fill: "none", line: marks.no_pooling.color, width: 1.8 },
    partial_pooling: { fill: blue, line: palette.background, width: 0 },
    unsupported: { fill: rgba(blue, 0.22), line: rgba(blue, 0.75), width: 1.2 },
  };
  ctx.font = font(look, text.label);
  ctx.textBaseline = "middle";
  let x = 0;
  for (const [mark, words] of labels.key) {
    const room = looks[mark] ? 13 : 30;
    if (looks[mark]) circles(ctx, [x + 6.5], [8], 5, looks[mark]);
    else {
      ctx.strokeStyle = mark === "target" ? rgba(blue, 0.55) : marks.complete_pooling.color;
      ctx.lineWidth = mark === "targets" ? 1.4 : 2;
      ctx.setLineDash(mark === "complete_pooling" ? marks.complete_pooling.dash : []);
      if (mark === "targets") for (const at of [8, 15, 22]) segment(ctx, x + at, 3, x + at, 13);
      else segment(ctx, x, 8, x + 30, 8);
      ctx.setLineDash([]);
    }
    ctx.fillStyle = palette.text;
    ctx.fillText(words, x + room + 6, 8);
    x += room + 6 + ctx.measureText(words).width + 20;
  }
}
