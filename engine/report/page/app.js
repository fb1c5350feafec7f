// Views, keys and the theme.

const PAGE = 200;
const overview = document.getElementById("overview");
const browser = document.getElementById("browser");
let data = null;
let found = [];
let drawn = PAGE;

async function render() {
  const state = readState();
  const view = state.view === "samples" || state.view === "group" ? state.view : "overview";
  for (const link of document.querySelectorAll(".bar nav a")) {
    link.toggleAttribute("aria-current", link.dataset.view === (view === "group" ? "samples" : view));
  }
  overview.hidden = view !== "overview";
  browser.hidden = view === "overview";
  document.body.classList.toggle("wide", view !== "overview");
  if (view === "overview") return;
  if (!data) {
    browser.replaceChildren(element("p", { class: "none" }, "Unpacking the samples…"));
    data = await load();
  }
  const problem = data.byId.get(state.p);
  if (view === "group" && problem) browser.replaceChildren(groupPage(problem, state));
  else drawBrowser(readState());
}

// Draws the list anew only where something but the chosen sample has changed.
function drawBrowser(state) {
  const shownNow = browser.querySelector(".browser");
  const view = JSON.stringify([...FILTERS.map(name => state[name]), state.sort, drawn]);
  const fresh = !shownNow || shownNow.dataset.view !== view;
  if (fresh) found = listed(data, state);
  const at = found.findIndex(sample => sample.problem.id === state.p && String(sample.i) === state.i);
  const asked = data.byId.get(state.p)?.samples.find(sample => String(sample.i) === state.i);
  const position = at < 0 && !asked ? 0 : at;
  if (position >= drawn) { drawn = position + PAGE; return drawBrowser(state); }
  const page = pageOf(asked ?? found[0]);
  if (fresh) replaceKeepingFocus(element("div", { class: "browser", "data-view": view }, side(state, position), page));
  else {
    shownNow.lastChild.replaceWith(page);
    browser.querySelector(".item[aria-selected=true]")?.setAttribute("aria-selected", "false");
    browser.querySelectorAll(".item")[position]?.setAttribute("aria-selected", "true");
  }
  document.getElementById("position").textContent = `${number(found.length ? position + 1 : 0)} of ${number(found.length)}`;
  const chosen = browser.querySelector(".item[aria-selected=true]");
  if (chosen && matchMedia("(min-width: 861px)").matches) chosen.scrollIntoView({ block: "nearest" });
}

function pageOf(sample) {
  return sample ? samplePage(sample) : element("p", { class: "none" }, "Nothing to show.");
}

function side(state, position) {
  const clear = element("button", { onclick: () => go(Object.fromEntries(FILTERS.map(name => [name, ""])), { replace: true }) }, "Clear filters");
  const list = element("div", { class: "list", role: "listbox", "aria-label": "samples", tabindex: 0 },
    found.slice(0, drawn).map((sample, i) => item(sample, i === position)),
    found.length > drawn ? element("button", { class: "further", onclick: () => { drawn += PAGE; render(); } }, `Show ${number(Math.min(PAGE, found.length - drawn))} more`) : null,
    found.length ? null : element("p", { class: "none" }, "No sample in this report fits these filters."));
  const key = name => element("kbd", {}, name);
  return element("div", { class: "side" }, filterBar(data, state),
    element("div", { class: "counter" }, element("span", { id: "position" }), FILTERS.some(name => state[name]) ? clear : null), list,
    element("p", { class: "keys" }, key("j"), key("k"), " next, previous · ", key("n"), key("p"), " problem · ", key("g"), " group · ",
      key("/"), " search · ", key("1–6"), " status"));
}

// A list drawn anew stays where it was, and so does the caret in the search.
function replaceKeepingFocus(made) {
  const typing = document.activeElement?.id === "search" ? document.activeElement.selectionStart : null;
  const scrolled = browser.querySelector(".list")?.scrollTop ?? 0;
  browser.replaceChildren(made);
  made.querySelector(".list").scrollTop = scrolled;
  if (typing === null) return;
  const search = document.getElementById("search");
  search.focus();
  search.setSelectionRange(typing, typing);
}

function item(sample, selected) {
  const worst = sample.verdicts.find(verdict => verdict.status !== "PASS") ?? sample.verdicts[0];
  const said = graded(sample);
  return element("div", { class: "item", role: "option", "aria-selected": String(selected), onclick: () => select(sample) },
    element("span", { class: `dot k-${sample.state}`, title: sample.state }),
    element("span", { class: "id" }, ...snippet(sample.problem.id, 80), element("span", { class: "soft" }, ` #${sample.i}`)),
    element("span", { class: "soft" }, worst && worst.status !== "PASS" ? element("span", { class: `k-${worst.status}` }, worst.status) : ""),
    element("span", { class: "said" }, ...snippet(said ?? worst?.code ?? sample.text, 90)));
}

function select(sample) {
  go({ view: "samples", p: sample.problem.id, i: sample.i }, { replace: readState().view === "samples" });
}

function move(step, sameProblem = true) {
  const state = readState();
  let at = found.findIndex(sample => sample.problem.id === state.p && String(sample.i) === state.i);
  if (at < 0) at = found[0] && !state.p ? 0 : -1;
  const from = found[at]?.problem;
  do at += step; while (!sameProblem && found[at] && found[at].problem === from);
  if (found[at]) select(found[at]);
}

const STATUSES = ["PASS", "FAIL", "NO_ANSWER", "TIMEOUT", "ABSTAIN", "ERROR"];
const KEYS = {
  j: () => move(1), k: () => move(-1), n: () => move(1, false), p: () => move(-1, false),
  g: () => { const { p } = current(); if (p) go({ view: readState().view === "group" ? "samples" : "group", p }); },
  "/": () => document.getElementById("search")?.focus(),
  Escape: () => go(readState().view === "group" ? { view: "samples" } : Object.fromEntries(FILTERS.map(name => [name, ""])), { replace: true }),
};

function current() {
  const state = readState();
  return state.p ? state : { p: found[0]?.problem.id };
}

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || browser.hidden || !data) return;
  if (event.target.matches("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const status = STATUSES[Number(event.key) - 1];
  const act = status ? () => go({ status: readState().status === status ? "" : status }, { replace: true }) : KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});

async function copy(text, button) {
  const before = button.textContent;
  try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch { button.textContent = "Copying is not allowed here"; }
  setTimeout(() => { button.textContent = before; }, 1500);
}

const THEMES = ["auto", "light", "dark"];
const themeButton = document.getElementById("theme");

function storedTheme() {
  try { return localStorage.getItem("proofstill-theme") ?? "auto"; } catch { return "auto"; }
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
  themeButton.textContent = "◐ " + (theme === "auto" ? "system" : theme);
}

themeButton.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  try { localStorage.setItem("proofstill-theme", next); } catch { /* a browser that keeps nothing */ }
  applyTheme(next);
});
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(button.previousElementSibling.textContent, button));
}
addEventListener("hashchange", render);
applyTheme(storedTheme());
render();
