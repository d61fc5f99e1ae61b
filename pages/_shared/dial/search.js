// Finding a group by its name: a combobox over all of them.

import { el } from "./elements.js";
import { shorten } from "./format.js";

const SHOWN = 7;

/** Groups whose names hold a text, those that begin with it first. */
export function matching(names, query) {
  const wanted = query.trim().toLocaleLowerCase();
  if (!wanted) return [];
  const [first, later] = [[], []];
  names.forEach((name, j) => {
    const at = name.toLocaleLowerCase().indexOf(wanted);
    if (at === 0) first.push(j);
    else if (at > 0) later.push(j);
  });
  return first.concat(later);
}

export function wireSearch(dial) {
  const { find, found } = dial.at;
  find.setAttribute("role", "combobox");
  find.setAttribute("aria-controls", "ppe-found");
  find.setAttribute("aria-expanded", "false");
  let shown = [];
  let active = 0;
  const close = () => {
    found.hidden = true;
    find.setAttribute("aria-expanded", "false");
    find.removeAttribute("aria-activedescendant");
  };
  const choose = (j) => {
    find.value = "";
    dial.scene.sought = null;
    close();
    dial.select(j);
  };
  const list = () => {
    const { prepared, model } = dial.scene;
    found.replaceChildren(
      ...shown.map((j, i) => {
        const name = `${shorten(prepared.names[j], 40)} (${model.n[j]})`;
        const isOn = String(i === active);
        const item = el("li", { role: "option", id: `ppe-found-${i}`, "aria-selected": isOn }, name);
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(j);
        });
        return item;
      }),
    );
    found.hidden = !shown.length;
    find.setAttribute("aria-expanded", String(!found.hidden));
    if (shown.length) find.setAttribute("aria-activedescendant", `ppe-found-${active}`);
  };
  find.addEventListener("input", () => {
    const all = matching(dial.scene.prepared.names, find.value);
    dial.scene.sought = all.length ? new Set(all) : null;
    shown = all.slice(0, SHOWN);
    active = 0;
    list();
    dial.draw();
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && shown.length) choose(shown[active]);
    else if (event.key === "ArrowDown") active = Math.min(active + 1, shown.length - 1);
    else if (event.key === "ArrowUp") active = Math.max(active - 1, 0);
    else if (event.key === "Escape") {
      find.value = "";
      dial.scene.sought = null;
      shown = [];
      dial.draw();
    } else return;
    event.preventDefault();
    if (event.key !== "Enter") list();
  });
  find.addEventListener("blur", close);
}
