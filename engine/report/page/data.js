// The samples that the page carries: base64 of gzip of one line of JSON per problem.

async function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// Problems in the order of the run, each with its samples by index; and all samples in that order.
async function load() {
  const text = await unpacked(document.getElementById("data").textContent.trim());
  const problems = new Map();
  for (const line of text.split("\n")) {
    if (!line) continue;
    const part = JSON.parse(line);
    const known = problems.get(part.o);
    if (known) known.samples.push(...part.samples);
    else problems.set(part.o, part);
  }
  const ordered = [...problems.values()].sort((a, b) => a.o - b.o);
  for (const problem of ordered) {
    problem.samples.sort((a, b) => a.i - b.i);
    for (const sample of problem.samples) sample.problem = problem;
  }
  return { problems: ordered, byId: new Map(ordered.map(p => [p.id, p])), samples: ordered.flatMap(p => p.samples) };
}

function graded(sample) {
  const found = sample.verdicts.filter(verdict => verdict.answer != null);
  return (found.find(verdict => sample.by.includes(verdict.v)) ?? found[0])?.answer ?? null;
}

function promptText(problem) {
  return problem.prompt.map(([, text]) => text).join("\n");
}
