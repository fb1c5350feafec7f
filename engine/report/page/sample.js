// One sample: what was graded beside what was expected, the text with its steps, the tests, every verdict.

function details(title, open, ...children) {
  return element("details", { class: "text", open }, element("summary", {}, title), element("div", { class: "box" }, children));
}

function prompt(problem) {
  const long = promptText(problem).length > 900;
  const turns = problem.prompt.flatMap(([role, text]) =>
    [role ? element("div", { class: "turn" }, role) : null, element("pre", {}, shown(text))]);
  return element("section", {}, details("Prompt", !long, turns));
}

function gradedBoxes(sample) {
  const programs = verdict => verdict.evidence.measured || (verdict.answer ?? "").length > 400;
  const telling = sample.verdicts.filter(v => !programs(v) && (v.answer != null || v.expected != null));
  return telling.map(verdict => element("section", { class: "pair" },
    element("div", { class: "box " + (verdict.status === "PASS" ? "good" : verdict.status === "FAIL" ? "bad" : "") },
      element("span", { class: "soft" }, `Graded by ${verdict.v}`), element("pre", {}, shown(verdict.answer ?? "no answer found"))),
    element("div", { class: "box" },
      element("span", { class: "soft" }, "Expected"), element("pre", {}, shown(verdict.expected ?? sample.problem.gold ?? "—")))));
}

// A text cut where its steps begin and end; what lies between two steps stays as it is.
function withSteps(text, marks) {
  const part = slicer(text), pieces = [];
  let at = 0;
  for (const [, start, end, verdict, reason, score] of [...marks].sort((a, b) => a[1] - b[1])) {
    if (start < at || end < start) continue;
    const between = part(at, start);
    if (between.trim()) pieces.push(element("span", {}, shown(between)));
    const why = [score == null ? "" : `score ${score}`, verdict === "supported" ? "" : reason].filter(Boolean).join(" · ");
    pieces.push(element("span", { class: "step " + verdict, title: `${verdict}: ${reason}` }, shown(part(start, end)),
      why ? element("span", { class: "why" }, shown(why)) : null));
    at = end;
  }
  const rest = part(at, Infinity);
  return element("pre", {}, pieces, rest.trim() ? shown(rest) : null);
}

function withSpan(text, span) {
  if (!span || span[1] <= span[0]) return element("pre", {}, shown(text));
  const part = slicer(text);
  return element("pre", {}, shown(part(0, span[0])), element("mark", { title: "the answer that was graded" }, shown(part(...span))),
    shown(part(span[1], Infinity)));
}

function texts(sample) {
  const judged = sample.verdicts.find(verdict => verdict.steps?.length);
  const of = where => (judged?.steps ?? []).filter(step => step[0] === where);
  const span = sample.verdicts.find(verdict => verdict.span)?.span;
  const counts = occurring((judged?.steps ?? []).map(step => step[3])).map(([verdict, n]) => `${n} ${verdict}`);
  const title = judged ? element("span", {}, "Answer text ", element("span", { class: "soft small" }, `${judged.v}: ${counts.join(", ")}`)) : "Answer text";
  const body = of("text").length ? withSteps(sample.text, of("text")) : withSpan(sample.text, span);
  return [
    sample.reasoning == null ? null : element("section", {}, details("Reasoning", of("reasoning").some(s => s[3] === "refuted"),
      of("reasoning").length ? withSteps(sample.reasoning, of("reasoning")) : element("pre", {}, shown(sample.reasoning)))),
    element("section", {}, details(title, true, sample.text ? body : element("span", { class: "soft" }, "empty"))),
  ];
}

function tests(verdict) {
  const { measured, tests: counts, failed, hidden, program } = verdict.evidence;
  if (!Array.isArray(measured)) return null;
  const shownTest = hidden ?? failed;
  const row = test => element("tr", {},
    element("td", { class: "num" }, test.index + 1),
    element("td", {}, badge(test.status, test.status === "accepted" ? "PASS" : test.status === "timeout" ? "TIMEOUT" : "FAIL")),
    element("td", { class: "num" }, duration(test.cpu_s)), element("td", { class: "num" }, duration(test.wall_s)),
    element("td", { class: "num" }, `${test.memory_mb} MB`));
  return element("section", {},
    element("h3", {}, "Tests ", element("span", { class: "soft small" },
      `${counts.accepted} of ${counts.total} accepted, ${counts.ran} ran; isolation: ${verdict.evidence.isolation}`)),
    element("div", { class: "box" },
      element("div", { class: "scroll" }, element("table", {},
        element("thead", {}, element("tr", {}, ["test", "status", "CPU", "wall", "memory"].map((name, i) => element("th", { class: i === 1 ? "" : "num" }, name)))),
        element("tbody", {}, measured.filter(test => typeof test === "object").map(row)))),
      shownTest ? failure(shownTest) : null),
    element("section", {}, details("Program", false, element("pre", {}, shown(program ?? verdict.answer ?? "")))));
}

function failure(test) {
  const field = (name, value) => value == null || value === "" ? null :
    element("div", { class: "small" }, element("div", { class: "turn" }, name), element("pre", {}, shown(value)));
  const compared = test.expected != null && test.got != null;
  return element("section", {},
    element("h3", {}, `Test ${test.index + 1}: ${test.status}`, test.hidden ? element("span", { class: "soft small" }, "hidden test") : null),
    field("test code", test.code), field("input", test.input),
    compared ? element("div", { class: "small" }, element("div", { class: "turn" }, "expected (−) and got (+)"), lineDiff(test.expected, test.got)) : null,
    compared ? null : field("expected", test.expected), compared ? null : field("got", test.got),
    field("detail", test.detail), field("standard error, its end", test.stderr), field("exit code", test.exit_code));
}

function verdictRow(verdict) {
  const evidence = Object.keys(verdict.evidence).length ? element("details", {}, element("summary", {}, "evidence"),
    element("pre", {}, shown(JSON.stringify(verdict.evidence, null, 2)))) : null;
  return element("div", { class: "verdict" }, badge(verdict.status, verdict.status, verdict.status === "ERROR"),
    element("div", { class: "why" }, element("b", {}, verdict.v), " ", element("span", { class: "mono" }, shown(verdict.code)), " ",
      element("span", { class: "soft" }, shown(verdict.why))),
    element("span", { class: "soft small num" }, verdict.score == null ? "" : `score ${Number(verdict.score.toPrecision(4))} · `,
      duration(verdict.seconds), ` · v${verdict.version}`), evidence);
}

function strip(problem, current) {
  const here = new Set(problem.samples.map(sample => String(sample.i)));
  return element("div", { class: "strip" }, Object.entries(problem.strip).map(([i, letter]) => {
    const state = { a: "accepted", r: "rejected", e: "error", u: "undecided", s: "surplus" }[letter];
    const known = here.has(i);
    return element("button", { class: `k-${state}${known ? " here" : ""}`, title: `#${i}: ${state}${known ? "" : ", not in this report"}`,
      "aria-label": `sample ${i}, ${state}`, "aria-current": current === Number(i) ? "true" : null, disabled: !known,
      onclick: () => go({ view: "samples", p: problem.id, i }) });
  }));
}

function samplePage(sample) {
  const { problem } = sample;
  const name = `${problem.id}#${sample.i}`;
  const copied = element("button", { onclick: () => copy(location.href, copied) }, "Copy link");
  const chips = [sample.model, `${number(sample.length)} characters`, sample.tokens ? `${number(sample.tokens)} tokens` : null,
    `ended by ${sample.finish}`, sample.mode, `seed ${sample.seed}`, sample.seconds ? `made in ${duration(sample.seconds)}` : null,
    problem.source, problem.domain, ...sample.kinds.map(kind => KINDS[kind] ?? kind)];
  return element("article", { class: "sample" },
    element("div", { class: "head" }, element("h1", {}, ...shown(name)), badge(sample.state, sample.state, true),
      sample.drop ? element("span", { class: "soft small" }, ...shown(sample.drop)) : null,
      element("div", { class: "actions" }, copied, element("button", { onclick: () => go({ view: "group", p: problem.id, i: sample.i }) }, `All ${problem.n} samples`))),
    element("div", { class: "chips" }, chips.filter(Boolean).map(chip => element("span", {}, ...shown(chip)))),
    gradedBoxes(sample), prompt(problem), texts(sample), sample.verdicts.map(tests),
    element("section", {}, element("h3", {}, "Verdicts"), element("div", { class: "box" },
      sample.verdicts.length ? sample.verdicts.map(verdictRow) : element("span", { class: "soft" }, "none"))),
    element("section", {}, element("h3", {}, "The samples of this problem"), strip(problem, sample.i)),
    element("section", {}, raw(sample)));
}

function raw(sample) {
  const made = element("details", {}, element("summary", {}, "as JSON"));
  made.addEventListener("toggle", () => {
    const { problem, words, ...record } = sample;
    if (made.children.length === 1) made.append(element("pre", {}, shown(JSON.stringify({ problem_id: problem.id, ...record }, null, 2))));
  });
  return made;
}
