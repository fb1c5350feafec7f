// Model output is hostile: it enters the page as text nodes only, and what it could hide behind is made visible.

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/u;

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child != null) made.append(child.nodeType ? child : document.createTextNode(String(child)));
  }
  return made;
}

// Text nodes for `text`, with control characters, those that turn the direction and those without width as boxes.
function shown(text) {
  const whole = String(text).replace(/\r\n/g, "\n");
  if (!CONTROLS.test(whole)) return [document.createTextNode(whole)];
  const parts = [];
  let plain = "";
  for (const character of whole) {
    if (!CONTROLS.test(character)) { plain += character; continue; }
    if (plain) parts.push(document.createTextNode(plain));
    plain = "";
    const code = character.codePointAt(0);
    const name = code < 32 ? String.fromCharCode(0x2400 + code) : "U+" + code.toString(16).toUpperCase().padStart(4, "0");
    parts.push(element("span", { class: "ctl", title: "U+" + code.toString(16).toUpperCase().padStart(4, "0") }, name));
  }
  if (plain) parts.push(document.createTextNode(plain));
  return parts;
}

// One short line of text, for lists.
function snippet(text, most = 120) {
  const line = String(text ?? "").slice(0, 4 * most).replace(/\s+/g, " ").trim();
  return shown(line.length > most ? line.slice(0, most - 1) + "…" : line);
}

// Python counts characters, JavaScript halves of some of them.
function slicer(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (start, end) => text.slice(start, end);
  const characters = Array.from(text);
  return (start, end) => characters.slice(start, end).join("");
}

function number(n) {
  return Number(n).toLocaleString("en-US");
}

function duration(seconds) {
  if (seconds >= 1) return seconds.toPrecision(3) + " s";
  return seconds >= 1e-3 ? (seconds * 1e3).toPrecision(3) + " ms" : Math.round(seconds * 1e6) + " µs";
}

function badge(word, kind = word, full = false) {
  return element("span", { class: `badge k-${kind}${full ? " full" : ""}` }, element("span", {}, word));
}
