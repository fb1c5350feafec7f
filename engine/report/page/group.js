// All samples of one problem, and two of them side by side.

function whole(sample) {
  return sample.reasoning ? `${sample.reasoning}\n\n${sample.text}` : sample.text;
}

function groupPage(problem, state) {
  const of = wanted => problem.samples.find(sample => sample.state === wanted);
  const chosen = problem.samples.find(s => String(s.i) === state.left) ?? of("accepted") ?? problem.samples[0];
  const other = problem.samples.find(s => String(s.i) === state.right) ??
    problem.samples.find(s => s.state === "rejected" && s !== chosen) ?? problem.samples.find(s => s !== chosen);
  const answers = occurring(problem.samples.map(graded).filter(answer => answer != null && answer.length < 200 && !answer.includes("\n")));
  const missing = problem.n - problem.samples.length;
  return element("article", { class: "sample group" },
    element("div", { class: "head" }, element("h1", {}, ...shown(problem.id)),
      element("div", { class: "actions" }, element("button", { onclick: () => go({ view: "samples" }) }, "Back to the list"))),
    element("div", { class: "chips" }, element("span", {}, `${number(problem.n)} samples`),
      missing ? element("span", {}, `${number(missing)} of them not in this report`) : null,
      problem.gold == null ? null : element("span", {}, "gold answer: ", element("span", { class: "mono" }, ...snippet(problem.gold, 80)))),
    element("section", {}, strip(problem, -1)),
    prompt(problem),
    answers.length ? element("section", {}, element("h3", {}, "Answers, the most frequent first"), element("div", { class: "chips" },
      answers.slice(0, 12).map(([answer, n]) => element("span", {}, element("span", { class: "mono" }, ...snippet(answer, 60)), ` × ${n}`)))) : null,
    element("section", {}, element("h3", {}, "Samples in this report"), sampleTable(problem)),
    chosen && other ? sideBySide(problem, chosen, other) : null);
}

function sampleTable(problem) {
  const row = sample => element("tr", { tabindex: 0, onclick: () => go({ view: "samples", p: problem.id, i: sample.i }),
    onkeydown: event => event.key === "Enter" && go({ view: "samples", p: problem.id, i: sample.i }) },
    element("td", { class: "num" }, sample.i), element("td", {}, badge(sample.state, sample.state)),
    element("td", { class: "cut mono" }, ...snippet(graded(sample) ?? "—", 60)),
    element("td", {}, sample.verdicts.map(v => [element("span", { class: `k-${v.status}`, title: `${v.v}: ${v.why}` }, `${v.v} ${v.status}`), " "])),
    element("td", { class: "num" }, number(sample.tokens || sample.length)));
  return element("div", { class: "box scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, ["#", "outcome", "graded", "verdicts", "length"].map((name, i) =>
      element("th", { class: i === 0 || i === 4 ? "num" : "" }, name)))),
    element("tbody", {}, problem.samples.map(row))));
}

function sideBySide(problem, left, right) {
  const pick = (name, current) => {
    const select = element("select", { "aria-label": `sample on the ${name}` }, problem.samples.map(s =>
      element("option", { value: s.i }, `#${s.i} ${s.state}`)));
    select.value = current.i;
    select.addEventListener("change", () => go({ [name]: select.value }, { replace: true }));
    return select;
  };
  const [a, b] = wordDiff(whole(left), whole(right));
  return element("section", {}, element("h3", {}, "Side by side ", element("span", { class: "soft small" }, "words that differ are marked")),
    element("div", { class: "pair" },
      element("div", {}, pick("left", left), element("div", { class: `box ${left.state === "accepted" ? "good" : "bad"}` }, a)),
      element("div", {}, pick("right", right), element("div", { class: `box ${right.state === "accepted" ? "good" : "bad"}` }, b))));
}
