// The longest common subsequence of two lists, as runs of [mark, items] with mark " ", "-" (left) or "+" (right).

const MOST_CELLS = 4_000_000;

function diff(left, right) {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  const a = left.slice(start, left.length - end);
  const b = right.slice(start, right.length - end);
  return joined([[" ", left.slice(0, start)], ...middle(a, b), [" ", left.slice(left.length - end)]]);
}

function middle(a, b) {
  const width = b.length + 1;
  if ((a.length + 1) * width > MOST_CELLS) return [["-", a], ["+", b]];
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j;
      common[at] = a[i] === b[j] ? common[at + width + 1] + 1 : Math.max(common[at + width], common[at + 1]);
    }
  }
  const runs = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    const at = i * width + j;
    if (i < a.length && j < b.length && a[i] === b[j]) { runs.push([" ", [a[i++]]]); j++; }
    else if (i < a.length && (j === b.length || common[at + width] >= common[at + 1])) runs.push(["-", [a[i++]]]);
    else runs.push(["+", [b[j++]]]);
  }
  return runs;
}

function joined(runs) {
  const out = [];
  for (const [mark, items] of runs) {
    if (!items.length) continue;
    if (out.length && out.at(-1)[0] === mark) out.at(-1)[1].push(...items);
    else out.push([mark, [...items]]);
  }
  return out;
}

// Two texts side by side, the words that differ marked.
function wordDiff(left, right) {
  const runs = diff(left.split(/(\s+)/), right.split(/(\s+)/));
  const side = (mark, css) => element("pre", {}, runs.filter(([m]) => m === " " || m === mark)
    .map(([m, words]) => element("span", { class: m === " " ? "" : css }, shown(words.join("")))));
  return [side("-", "del"), side("+", "add")];
}

// One text under the other: lines that are missing (-) and lines that are there instead (+).
function lineDiff(expected, got) {
  const rows = diff(expected.split("\n"), got.split("\n")).flatMap(([mark, lines]) => lines.map(line => [mark, line]));
  return element("pre", { class: "diff" }, rows.map(([mark, line]) =>
    element("span", { class: "row " + (mark === "-" ? "del" : mark === "+" ? "add" : "") },
      element("span", { class: "soft" }, mark), element("span", {}, shown(line)))));
}
