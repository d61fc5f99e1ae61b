// Unpack the figure engine that this file carries, draw every figure as vectors, and offer each as a file.
(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("engine").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const source = await new Response(stream).blob();
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  await new Promise((done, failed) => { script.onload = done; script.onerror = failed; document.head.append(script); });
  for (const place of document.querySelectorAll("[data-figure]")) {
    const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    place.replaceChildren();
    await window.Plotly.newPlot(place, figure.data, { ...figure.layout, width: Math.min(660, place.clientWidth || 660) }, { staticPlot: true });
    offer(place, figure);
  }
  document.documentElement.dataset.drawn = "yes";
})().catch(() => { document.documentElement.dataset.drawn = "no"; });

// A figure as a file of its own: its finding above, what it shows below. PNG at print resolution.
function offer(place, figure) {
  const finding = place.closest("figure").querySelector("h3").textContent;
  const row = document.createElement("p");
  row.className = "files";
  for (const [format, scale] of [["svg", 1], ["png", 4]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = format.toUpperCase();
    button.setAttribute("aria-label", `Save as ${format.toUpperCase()}: ${finding}`);
    button.addEventListener("click", () => save(place, figure, finding, format, scale));
    row.append(button);
  }
  place.after(row);
}

// Break a text into lines of at most so many letters.
function lines(text, most) {
  const out = [""];
  for (const word of text.split(/\s+/)) {
    const last = out[out.length - 1];
    if (last && last.length + word.length >= most) out.push(word);
    else out[out.length - 1] = last ? `${last} ${word}` : word;
  }
  return out;
}

// The key as pieces of text: a sign in the colour of every mark, and what it means.
function keyOf(place) {
  const found = [];
  for (const entry of place.closest("figure").querySelectorAll(".ppe-key > span")) {
    const sample = entry.querySelector("i"), text = entry.textContent.trim();
    if (!sample) { found.push(["", "", text]); continue; }
    const style = getComputedStyle(sample), written = sample.getAttribute("style");
    const ring = parseFloat(style.borderTopWidth) > 1;
    const paint = written.match(/(#[0-9a-f]{6}|rgba?\([^)]*\))/i);
    let sign = "\u25cf";
    if (ring) sign = "\u25cb";
    else if (written.includes("repeating")) sign = "\u2504\u2504";
    else if (written.includes("clip-path")) sign = "\u25bc";
    else if (written.includes("rotate")) sign = "\u25c6";
    else if (written.includes("center/")) sign = "\u271a";
    else if (!written.includes("border-radius")) sign = parseFloat(style.height) > 8 ? "\u25ac" : "\u2501\u2501";
    found.push([sign, ring ? style.borderTopColor : paint ? paint[0] : "black", text]);
  }
  return found;
}

const SVG = "http://www.w3.org/2000/svg";

// Write lines of text into a picture, each of pieces [text, colour].
function write(svg, rows, x, y, size, step) {
  for (const [i, row] of rows.entries()) {
    const text = document.createElementNS(SVG, "text");
    const about = { x, y: y + i * step, "font-size": size, "font-family": "sans-serif", fill: "black" };
    for (const [name, value] of Object.entries(about)) text.setAttribute(name, value);
    text.setAttributeNS("http://www.w3.org/XML/1998/namespace", "xml:space", "preserve");
    for (const [said, color] of row) {
      const piece = document.createElementNS(SVG, "tspan");
      piece.textContent = said;
      if (color) piece.setAttribute("fill", color);
      text.append(piece);
    }
    svg.append(text);
  }
}

// Lay the pieces of a key into rows of at most so many letters.
function keyRows(key, most) {
  const rows = [[]];
  let count = 0;
  for (const [sign, color, text] of key) {
    if (count && count + text.length + 6 > most) { rows.push([]); count = 0; }
    if (count) rows.at(-1).push(["     ", ""]);
    if (sign) rows.at(-1).push([`${sign} `, color]);
    rows.at(-1).push([text, ""]);
    count += text.length + 6;
  }
  return key.length ? rows : [];
}

async function compose(place, figure, finding) {
  const width = 860;
  const held = document.createElement("div");
  held.style.cssText = `position:absolute;left:-9999px;width:${width}px`;
  document.body.append(held);
  try {
    await window.Plotly.newPlot(held, figure.data, { ...figure.layout, width }, { staticPlot: true });
    const height = Math.round(held.getBoundingClientRect().height || 400);
    const url = await window.Plotly.toImage(held, { format: "svg", width, height });
    const inner = new DOMParser().parseFromString(decodeURIComponent(url.slice(url.indexOf(",") + 1)), "image/svg+xml");
    const told = place.getAttribute("aria-label") || "";
    const above = lines(finding, 82).map((text) => [[text, ""]]);
    const key = keyRows(keyOf(place), 120);
    const below = lines(told.startsWith(finding) ? told.slice(finding.length).replace(/^[.\s]+/, "") : told, 128).map((text) => [[text, ""]]);
    const head = 20 + 24 * above.length + 20 * key.length, foot = 12 + 17 * below.length;
    const svg = document.createElementNS(SVG, "svg");
    const whole = { width: width + 40, height: head + height + foot, viewBox: `0 0 ${width + 40} ${head + height + foot}` };
    for (const [name, value] of Object.entries(whole)) svg.setAttribute(name, value);
    const title = document.createElementNS(SVG, "title"), desc = document.createElementNS(SVG, "desc");
    title.textContent = finding;
    desc.textContent = told;
    const paper = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: "white" })) paper.setAttribute(name, value);
    svg.append(title, desc, paper);
    write(svg, above, 20, 28, 18, 24);
    write(svg, key, 20, 24 + 24 * above.length, 13, 20);
    const picture = document.importNode(inner.documentElement, true);
    picture.setAttribute("x", 20);
    picture.setAttribute("y", head);
    svg.append(picture);
    write(svg, below, 20, head + height + 8, 12, 17);
    return svg;
  } finally {
    window.Plotly.purge(held);
    held.remove();
  }
}

// Draw a picture so many times as large.
async function raster(svg, scale) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = svg.getAttribute("width") * scale;
  canvas.height = svg.getAttribute("height") * scale;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

async function save(place, figure, finding, format, scale) {
  const svg = await compose(place, figure, finding);
  const file = format === "png"
    ? await raster(svg, scale)
    : new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${place.dataset.figure}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
