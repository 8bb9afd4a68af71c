// What this browser keeps of runs: their ids and owners, and nothing of their items.
// In the terms of the Lab contract a run is a session; the counters are those of formats.md 3.7.

const PREFIX = "evalplatform.runs.";
// Names under which a run, or anything else that is stored, would hold what belongs to items.
const OF_ITEMS = new Set([
  "cases", "caseOrder", "promptResults", "items", "promptText", "prompt", "luciaResponse", "response",
  "draft", "saved", "ratings", "answers", "messages",
]);

function stored() {
  const found = [];
  for (let at = 0; at < localStorage.length; at += 1) {
    const key = localStorage.key(at);
    found.push([key, localStorage.getItem(key) ?? ""]);
  }
  return found;
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function holdsItems(value) {
  if (value === null || typeof value !== "object") return false;
  return Object.entries(value).some(([name, inner]) => OF_ITEMS.has(name) || holdsItems(inner));
}

// Keep id and owner of these runs of a team; runs kept before stay.
export function keep(team, runs) {
  const known = new Map(entries(localStorage.getItem(PREFIX + team)).map((each) => [each.id, each]));
  for (const { id, ownerUserId } of runs) known.set(id, { id, ownerUserId, localPayloadState: "compact" });
  localStorage.setItem(PREFIX + team, JSON.stringify([...known.values()]));
}

export function forget(team) {
  localStorage.removeItem(PREFIX + team);
}

function entries(text) {
  const held = read(text ?? "");
  return Array.isArray(held) ? held.filter((each) => each && typeof each === "object") : [];
}

// The counters of what is stored for a team, as one of its people sees them; sizes are of all that
// this site stores here.
export function counters(team, owner) {
  const runs = entries(localStorage.getItem(PREFIX + team));
  const withItems = runs.filter(holdsItems);
  const all = stored();
  const size = new TextEncoder();
  const elsewhere = all.some(([key, text]) => key !== PREFIX + team && holdsItems(read(text)));
  return {
    sessionCount: runs.length,
    persistedLocalFullPayloadSessionCount: runs.filter((each) => each.localPayloadState !== "compact" || "cases" in each).length,
    persistedLocalHasItemLevelData: withItems.length > 0 || elsewhere,
    persistedLocalItemLevelDataSessionCount: withItems.length,
    ownedSessionCount: runs.filter((each) => each.ownerUserId === owner).length,
    otherOwnerSessionCount: runs.filter((each) => each.ownerUserId && each.ownerUserId !== owner).length,
    ownerlessSessionCount: runs.filter((each) => !each.ownerUserId).length,
    rawByteSize: all.reduce((sum, [key, text]) => sum + size.encode(key).length + size.encode(text).length, 0),
  };
}
