// Progress that htmx polls: tells the page when a job has ended, and shows the share in the tab's title meanwhile.

const title = document.title;
const seen = new Map();

function show() {
  const running = document.querySelector(".progress[data-state=running] progress[value]");
  const share = running ? Math.floor((100 * running.value) / Math.max(1, running.max)) : null;
  document.title = share === null ? title : `${share}% · ${title}`;
}

function notice() {
  for (const box of document.querySelectorAll(".progress[data-state][id]")) {
    const before = seen.get(box.id);
    const now = box.dataset.state;
    seen.set(box.id, now);
    const hasEnded = before && before !== now && ["done", "failed", "cancelled"].includes(now);
    if (hasEnded) box.dispatchEvent(new CustomEvent("progress:ended", { bubbles: true, detail: { state: now } }));
  }
  show();
}

document.addEventListener("htmx:afterSettle", notice);
notice();
