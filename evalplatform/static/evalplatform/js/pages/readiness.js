// The readiness page: keep the index of its runs, and show what this browser then stores.

import { counters, forget, keep } from "./run_index.js";

const place = document.querySelector("[data-compaction]");
const { team, owner, runs } = JSON.parse(document.getElementById("run-index").textContent);
const button = place.querySelector("[data-forget]");

function show() {
  for (const [name, value] of Object.entries(counters(team, owner))) {
    const cell = place.querySelector(`[data-counter="${name}"]`);
    if (cell) cell.textContent = typeof value === "number" ? value.toLocaleString("en") : String(value);
  }
}

try {
  keep(team, runs);
  show();
  button.hidden = false;
} catch {
  // A browser that stores nothing (private windows, full storage) has nothing to count.
}

button.addEventListener("click", () => {
  forget(team);
  show();
});
