// Which samples are listed, and in which order.

const KINDS = {
  disagree: "verifiers disagree", one: "solved by one", no_answer: "NO_ANSWER", error: "ERROR", longest: "longest accepted",
};
const ORDERS = {
  "": ["in the order of the run", null],
  longest: ["longest first", (a, b) => b.length - a.length],
  shortest: ["shortest first", (a, b) => a.length - b.length],
  score: ["lowest score first", (a, b) => lowest(a) - lowest(b)],
  slowest: ["slowest verdict first", (a, b) => slowest(b) - slowest(a)],
};

function lowest(sample) {
  return Math.min(...sample.verdicts.map(verdict => verdict.score ?? Infinity), Infinity);
}

function slowest(sample) {
  return Math.max(0, ...sample.verdicts.map(verdict => verdict.seconds));
}

function haystack(sample) {
  sample.words ??= [sample.problem.id, sample.problem.gold, promptText(sample.problem), sample.text, sample.reasoning,
    ...sample.verdicts.flatMap(verdict => [verdict.answer, verdict.why])].join("\n").toLowerCase();
  return sample.words;
}

function matches(sample, state) {
  const judged = sample.verdicts.some(verdict =>
    (!state.status || verdict.status === state.status) && (!state.verifier || verdict.v === state.verifier) &&
    (!state.reason || verdict.code === state.reason));
  return (!(state.status || state.verifier || state.reason) || judged) &&
    (!state.state || sample.state === state.state) && (!state.finish || sample.finish === state.finish) &&
    (!state.kind || sample.kinds.includes(state.kind)) && (!state.q || haystack(sample).includes(state.q.toLowerCase()));
}

function listed(data, state) {
  const found = data.samples.filter(sample => matches(sample, state));
  const order = ORDERS[state.sort]?.[1];
  return order ? found.sort(order) : found;
}

// Values that occur, the most frequent first.
function occurring(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || String(a[0]).localeCompare(b[0]));
}

function chooser(name, label, options, state) {
  const select = element("select", { "aria-label": label, "data-filter": name, class: state[name] ? "set" : "" },
    element("option", { value: "" }, label),
    options.map(([value, words, n]) => element("option", { value }, ...snippet(words, 60), n == null ? "" : ` (${number(n)})`)));
  select.value = state[name];
  select.addEventListener("change", () => go({ [name]: select.value }, { replace: true }));
  return select;
}

function filterBar(data, state) {
  const verdicts = data.samples.flatMap(sample => sample.verdicts);
  const reasons = verdicts.filter(v => (!state.verifier || v.v === state.verifier) && (!state.status || v.status === state.status));
  const plain = values => occurring(values).map(([value, n]) => [value, value, n]);
  const search = element("input", { type: "search", placeholder: "Search prompts, samples, answers…   /", "aria-label": "Search", id: "search" });
  search.value = state.q;
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go({ q: search.value }, { replace: true }), 150);
  });
  return element("div", { class: "filters" }, search,
    chooser("state", "any outcome", plain(data.samples.map(s => s.state)), state),
    chooser("kind", "look at…", occurring(data.samples.flatMap(s => s.kinds)).map(([k, n]) => [k, KINDS[k] ?? k, n]), state),
    chooser("verifier", "any verifier", plain(verdicts.map(v => v.v)), state),
    chooser("status", "any status", plain(verdicts.map(v => v.status)), state),
    chooser("reason", "any reason", plain(reasons.map(v => v.code)), state),
    chooser("finish", "any finish", plain(data.samples.map(s => s.finish)), state),
    element("div", { class: "whole" }, chooser("sort", ORDERS[""][0], Object.entries(ORDERS).filter(([k]) => k).map(([k, [words]]) => [k, words]), state)));
}
