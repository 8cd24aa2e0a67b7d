"use strict";
/* Shows which sentences belong together, under the pointer and the focus. The page is complete
   without: all links, notes and the choice of languages are plain HTML and CSS. */
(() => {
  const all = [...document.querySelectorAll(".seg")];
  const byId = new Map(all.map((seg) => [seg.id, seg]));
  const ids = (seg, name) => (seg.dataset[name] || "").split(" ").filter(Boolean);
  /* From a sentence of the source to what was made from it, and to the summary it supports. */
  const made = new Map();
  const supported = new Map();
  const add = (map, key, seg) => map.has(key) ? map.get(key).push(seg) : map.set(key, [seg]);
  for (const seg of all) {
    for (const id of ids(seg, "of")) add(made, id, seg);
    for (const id of ids(seg, "by")) add(supported, id, seg);
  }

  /* The sentence, what it was made from, and what else was made from that. */
  const family = (seg) => {
    const sources = ids(seg, "of").length ? ids(seg, "of") : [seg.id];
    const found = new Set([seg]);
    for (const id of sources) {
      if (byId.has(id)) found.add(byId.get(id));
      for (const other of made.get(id) || []) found.add(other);
    }
    return found;
  };

  const lit = new Map();
  const light = (seg, name) => {
    if (!lit.has(seg)) lit.set(seg, new Set());
    lit.get(seg).add(name);
    seg.classList.add(name);
  };
  const dark = () => {
    for (const [seg, names] of lit) seg.classList.remove(...names);
    lit.clear();
  };
  const show = (seg) => {
    dark();
    if (!seg) return;
    const kin = family(seg);
    for (const one of kin) {
      light(one, "on");
      for (const id of ids(one, "by")) if (byId.has(id)) light(byId.get(id), "support");
      for (const sentence of supported.get(one.id) || []) if (!kin.has(sentence)) light(sentence, "support");
    }
  };

  /* What a place of the page is about: a sentence, the note on one, or a link to one. */
  const about = (node) => {
    if (!(node instanceof Element)) return null;
    const seg = node.closest(".seg");
    if (seg) return seg;
    const link = node.closest(".support a");
    if (link) return byId.get(link.hash.slice(1));
    const note = node.closest("[data-seg]");
    return note ? byId.get(note.dataset.seg) : null;
  };
  let held = null;
  document.addEventListener("pointerover", (event) => show(about(event.target) || held));
  document.addEventListener("focusin", (event) => {
    held = about(event.target);
    show(held);
  });
  document.addEventListener("focusout", () => {
    held = null;
    show(null);
  });

  /* One stop of the Tab key for the whole text; arrows move within it. */
  const seen = (seg) => seg.getClientRects().length > 0;
  let stop = null;
  const enter = (seg) => {
    if (!seg) return;
    if (stop) stop.tabIndex = -1;
    stop = seg;
    stop.tabIndex = 0;
  };
  for (const seg of all) seg.tabIndex = -1;
  enter(all[0]);
  const columns = new Map();
  for (const seg of all) add(columns, seg.id.split("-")[0], seg);
  const names = [...columns.keys()].sort((a, b) => order(a) - order(b));
  function order(name) {
    return [...document.querySelectorAll(".heads .cell")].findIndex((cell) =>
      name === cell.dataset.column);
  }
  const beside = (seg, step) => {
    const kin = [...family(seg)];
    for (let at = names.indexOf(seg.id.split("-")[0]) + step; names[at]; at += step) {
      const other = kin.find((one) => one.id.startsWith(names[at] + "-") && seen(one));
      if (other) return other;
    }
    return null;
  };
  const along = (seg, step) => {
    const column = columns.get(seg.id.split("-")[0]);
    return column[column.indexOf(seg) + step];
  };
  document.addEventListener("keydown", (event) => {
    const seg = event.target;
    if (!(seg instanceof Element) || !seg.classList.contains("seg")) return;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const to = {
      ArrowDown: () => along(seg, 1),
      ArrowUp: () => along(seg, -1),
      ArrowRight: () => beside(seg, 1),
      ArrowLeft: () => beside(seg, -1),
    }[event.key];
    if (event.key === "Escape") seg.blur();
    if (!to) return;
    event.preventDefault();
    const next = to();
    if (next) {
      enter(next);
      next.focus();
    }
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.classList.contains("seg")) enter(event.target);
  });

  /* What is out of view of a long article has no height of its own before it comes near. */
  const bring = (place, times) => {
    place.scrollIntoView({ block: place.matches("h2, .row") ? "start" : "center" });
    if (times > 0 && place.closest(".long")) requestAnimationFrame(() => bring(place, times - 1));
  };

  /* A link into a language that is not shown shows it. */
  const choices = [...document.querySelectorAll(".switch input")];
  const everything = document.getElementById("show-all");
  const reveal = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    if (everything && !seen(place)) {
      const name = (place.closest(".cell") || place).className.match(/of-(\w+)/);
      const choice = name && document.getElementById("show-" + name[1]);
      (choice || everything).checked = true;
      moved();
    }
    bring(place, 5);
    if (place.classList.contains("seg")) {
      enter(place);
      place.focus({ preventScroll: true });
    } else if (place.classList.contains("finding")) {
      place.focus({ preventScroll: true });
    }
  };
  /* The stop of the Tab key must be in sight. */
  const moved = () => {
    if (stop && !seen(stop)) enter(all.find(seen));
  };
  for (const choice of choices) choice.addEventListener("change", moved);
  window.addEventListener("hashchange", reveal);

  /* On a small screen one language at a time, the first, until another is chosen. */
  if (choices.length > 1 && matchMedia("(max-width: 48rem)").matches && everything.checked) {
    choices[0].checked = true;
  }
  /* The hint is true only with this script. */
  for (const keys of document.querySelectorAll(".keys")) keys.hidden = all.length === 0;
  if (location.hash) reveal();
})();
