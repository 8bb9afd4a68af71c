// The history of an item: shown as it is read while it is typed, with buttons that begin the next turn.

const field = document.querySelector("[data-history-field]");
const area = field?.querySelector("textarea[data-history]");
const preview = field?.querySelector("[data-history-preview]");
const count = field?.querySelector("[data-history-count]");
const BEGINS = /^[ \t]*(user|assistant):(.*)$/is;
const MOST = 100;

function turns(text) {
  if (text.trimStart().startsWith("[")) {
    try {
      return JSON.parse(text).map((each) => [String(each.role), String(each.content)]);
    } catch {
      return null;
    }
  }
  const found = [];
  for (const line of text.split("\n")) {
    const begun = BEGINS.exec(line);
    if (begun) found.push([begun[1].toLowerCase(), begun[2].replace(/^ /, "")]);
    else if (found.length) found.at(-1)[1] += `\n${line}`;
    else if (line.trim()) return null;
  }
  return found;
}

function draw() {
  const found = turns(area.value);
  preview.hidden = !found?.length;
  count.textContent = found === null ? "Not readable yet: begin with user: or assistant:" : found.length ? `${found.length} turn${found.length === 1 ? "" : "s"}` : "";
  preview.replaceChildren(...(found ?? []).slice(-MOST).map(([role, text]) => {
    const turn = document.createElement("div");
    turn.className = "turn";
    const who = document.createElement("b");
    who.textContent = role === "user" ? "User" : role === "assistant" ? "Assistant" : role;
    const said = document.createElement("p");
    said.className = "preline";
    said.dir = "auto";
    said.textContent = text.trimEnd();
    turn.append(who, said);
    return turn;
  }));
}

function add(role) {
  const text = area.value.replace(/\s+$/, "");
  area.value = `${text}${text ? "\n" : ""}${role}: `;
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  draw();
}

if (area) {
  field.querySelector("[data-history-tools]").hidden = false;
  area.addEventListener("input", draw);
  field.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-turn]");
    if (button) add(button.dataset.addTurn);
  });
  draw();
}
