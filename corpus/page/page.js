"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const SHOWN = { adjoint: true, cpp: true, ptx: true };
const state = { pair: null, part: "forward", shown: {}, pinned: 0, found: data.pairs };

// Of a pair, everything but its index entry is compressed; the browser itself undoes that.
async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

const WORDS = {
  python: /(#[^\n]*)|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\b(def|return|if|elif|else|for|while|in|break|continue|and|or|not|import|as|class|True|False|pass|assert)\b|(\b\d[\w.]*)|(\bwp(?:\.\w+)+|@[\w.]+)/g,
  c: /(\/\/[^\n]*)|("(?:\\.|[^"\\])*")|\b(static|struct|template|typename|void|const|if|else|for|while|goto|return|extern|func|kernel|forward|replay|reverse|bool|auto|float|int|size_t|constexpr|define|declare|br|label|ret|load|store|call|phi)\b|(\b\d[\w.]*)|(\bwp::\w+)/g,
  ptx: /(\/\/[^\n]*)|("(?:\\.|[^"\\])*")|(^\s*\.\w+)|(\b(?:0[fdx][0-9a-fA-F]+|\d+)\b)|(^\s*(?:@!?%\w+\s+)?[a-z]\w*(?:\.\w+)*)/g,
};
const KINDS = ["c", "s", "k", "n", "f"];

function coloured(text, language) {
  const fragment = document.createDocumentFragment();
  let last = 0;
  for (const match of text.matchAll(WORDS[language])) {
    const kind = KINDS[match.slice(1).findIndex((group) => group !== undefined)];
    fragment.append(text.slice(last, match.index), make("span", { className: kind, textContent: match[0] }));
    last = match.index + match[0].length;
  }
  fragment.append(text.slice(last));
  return fragment;
}

function pane(title, note, text, lines, language) {
  const code = make("div", { className: "code", tabIndex: 0 });
  code.setAttribute("role", "region");
  code.setAttribute("aria-label", title);
  text.replace(/\n$/, "").split("\n").forEach((line, index) => {
    const row = make("div", {}, coloured(line, language));
    row.dataset.n = index + 1;
    if (lines[index]) {
      row.dataset.line = lines[index];
      row.style.setProperty("--hue", (lines[index] * 67) % 360);
    }
    code.append(row);
  });
  const section = make("section", { className: "pane" }, make("h2", {}, `${title} `, make("small", { textContent: note })), code);
  section.dataset.title = title;
  return section;
}

function showPanes() {
  const { pair, part } = state;
  const panes = [];
  const used = new Set();
  for (const level of pair.levels) {
    if (!state.shown[level.name]) continue;
    const text = level[part];
    for (const line of level[`${part}_lines`]) used.add(line);
    const lines = text ? text.split("\n").length - 1 : 0;
    const note = text ? `${part}, ${lines.toLocaleString("en")} lines` : "no backward pass";
    panes.push(pane(level.name, note, text, level[`${part}_lines`], level.name === "ptx" ? "ptx" : "c"));
  }
  const own = pair.source.split("\n").map((_, index) => (used.has(index + 1) ? index + 1 : 0));
  at("panes").replaceChildren(pane("source", "Python", pair.source, own, "python"), ...panes);
  pin(own.includes(state.pinned) ? state.pinned : 0, null);
}

function rows(line) {
  return line ? at("panes").querySelectorAll(`[data-line="${line}"]`) : [];
}

// Pin a line of Python: what belongs to it is marked in every pane, and brought into view where it was not clicked.
function pin(line, clicked) {
  state.pinned = line;
  for (const row of at("panes").querySelectorAll(".pinned")) row.classList.remove("pinned");
  for (const row of rows(line)) row.classList.add("pinned");
  for (const code of at("panes").querySelectorAll(".code")) {
    const first = code.querySelector(".pinned");
    if (first && !code.contains(clicked)) code.scrollTop = first.offsetTop - code.clientHeight / 3;
  }
}

function buttons(place, names, pressed, press) {
  at(place).replaceChildren(
    ...names.map((name) => {
      const button = make("button", { type: "button", textContent: name, onclick: () => press(name) });
      button.setAttribute("aria-pressed", pressed(name));
      return button;
    }),
  );
}

function showBar() {
  const { pair } = state;
  const names = pair.levels.map((level) => level.name);
  buttons("levels", names, (name) => Boolean(state.shown[name]), (name) => {
    state.shown[name] = !state.shown[name];
    showBar();
    showPanes();
  });
  buttons("parts", ["forward", "backward"], (part) => part === state.part, (part) => {
    state.part = part;
    showBar();
    showPanes();
  });
}

async function open(entry) {
  const pair = await unpack(entry.packed);
  state.pair = pair;
  state.pinned = 0;
  for (const level of pair.levels) state.shown[level.name] ??= SHOWN[level.name] ?? !pair.levels.some((l) => SHOWN[l.name]);
  at("name").textContent = pair.id;
  at("facts").textContent = pair.facts;
  showBar();
  showPanes();
  for (const item of at("list").children) item.setAttribute("aria-selected", item.dataset.id === pair.id);
  at("list").querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  if (data.statistics) history.replaceState(null, "", `#pairs/${encodeURIComponent(pair.id)}`);
}

// A pair is found if each word of the search occurs in its name, a production or a builtin.
function search() {
  const words = at("search").value.toLowerCase().split(/\s+(?![^(]*\))/).filter(Boolean);
  const matching = words.map((word) => new Set(data.names.flatMap((name, index) => (name.toLowerCase().includes(word) ? [index] : []))));
  state.found = data.pairs.filter((pair) =>
    words.every((word, w) => pair.id.toLowerCase().includes(word) || pair.names.some((name) => matching[w].has(name))),
  );
  at("count").textContent = `${state.found.length} of ${data.pairs.length} pairs`;
  at("list").replaceChildren(
    ...state.found.map((pair) => {
      const item = make("li", { onclick: () => open(pair) }, pair.id, make("small", { textContent: pair.about }));
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", state.pair?.id === pair.id);
      item.dataset.id = pair.id;
      return item;
    }),
  );
}

function step(by) {
  if (at("list").contains(document.activeElement)) {
    const index = state.found.findIndex((pair) => pair.id === state.pair?.id) + by;
    if (state.found[index]) open(state.found[index]);
    return;
  }
  const lines = [...at("panes").querySelectorAll('.pane[data-title="source"] [data-line]')].map((row) => Number(row.dataset.line));
  if (!lines.length) return;
  const index = lines.indexOf(state.pinned);
  pin(lines[index < 0 ? (by > 0 ? 0 : lines.length - 1) : Math.min(lines.length - 1, Math.max(0, index + by))], null);
}

function goTo() {
  const [section, id] = location.hash.slice(1).split("/");
  const name = data.statistics && section !== "pairs" ? "statistics" : "pairs";
  for (const part of document.querySelectorAll(".section")) part.hidden = part.id !== name;
  for (const link of document.querySelectorAll("nav a")) link.toggleAttribute("aria-current", link.hash === `#${name}`);
  if (name !== "pairs" || !data.pairs.length) return;
  const asked = data.pairs.find((pair) => pair.id === decodeURIComponent(id ?? ""));
  if (asked || !state.pair) open(asked ?? data.pairs[0]);
}

at("panes").addEventListener("click", (event) => {
  const row = event.target.closest("[data-line]");
  if (row) pin(Number(row.dataset.line), row);
});
at("panes").addEventListener("mouseover", (event) => {
  for (const row of at("panes").querySelectorAll(".hot")) row.classList.remove("hot");
  for (const row of rows(event.target.closest("[data-line]")?.dataset.line)) row.classList.add("hot");
});
document.addEventListener("keydown", (event) => {
  if (document.activeElement === at("search")) return;
  if (event.key === "Escape") pin(0, null);
  else if (event.key === "/" && data.statistics) at("search").focus();
  else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !at("pairs").hidden) step(event.key === "ArrowDown" ? 1 : -1);
  else return;
  event.preventDefault();
});
at("search").addEventListener("input", search);
window.addEventListener("hashchange", goTo);
at("names").append(...data.names.map((name) => make("option", { value: name })));
at("pairs").classList.toggle("alone", !data.statistics);
search();
goTo();
