// What is shown is written in the address after #, so that a link or a reload brings the same view back.

const FIELDS = ["view", "p", "i", "state", "status", "verifier", "reason", "kind", "finish", "q", "sort", "left", "right"];
const FILTERS = ["state", "status", "verifier", "reason", "kind", "finish", "q"];

function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(FIELDS.map(name => [name, given.get(name) ?? ""]));
}

function address(state) {
  const kept = FIELDS.filter(name => state[name] !== "" && state[name] != null).map(name => [name, state[name]]);
  return "#" + new URLSearchParams(kept);
}

// Moves within a view replace the address, so that "back" leaves the view.
function go(changes, { replace = false } = {}) {
  const to = address({ ...readState(), ...changes });
  if (to === location.hash) return;
  if (replace) {
    history.replaceState(null, "", to);
    render();
  } else {
    location.hash = to;
  }
}
