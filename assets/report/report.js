// Unpack the figure engine that this file carries and draw every figure as vectors.
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
  }
  document.documentElement.dataset.drawn = "yes";
})().catch(() => { document.documentElement.dataset.drawn = "no"; });
