// A textarea of JSON (data-pairs) as rows of key and value. Values are kept letter for letter: numbers are never read
// and written again. What is no JSON object is left to the textarea.

// The members of an object as [key, JSON text of the value]; null for what is none.
export function members(text) {
  try {
    const value = text.trim() ? JSON.parse(text) : {};
    if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  } catch {
    return null;
  }
  const found = [];
  let depth = 0;
  let isQuoted = false;
  let from = text.indexOf("{") + 1;
  for (let at = from; at < text.length; at++) {
    const sign = text[at];
    if (isQuoted) {
      if (sign === "\\") at++;
      else if (sign === '"') isQuoted = false;
    } else if (sign === '"') isQuoted = true;
    else if ("{[".includes(sign)) depth++;
    else if ((sign === "," || sign === "}") && depth === 0) {
      if (text.slice(from, at).trim()) found.push(member(text.slice(from, at)));
      from = at + 1;
      if (sign === "}") break;
    } else if ("}]".includes(sign)) depth--;
  }
  return found;
}

function member(text) {
  const end = /^\s*"(?:[^"\\]|\\.)*"/s.exec(text)[0];
  return [JSON.parse(end), text.slice(text.indexOf(":", end.length) + 1).trim()];
}

const isJson = (text) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

// A text is shown without quotes, unless it would be taken for something else.
function shownValue(json) {
  if (!json.startsWith('"')) return json;
  const text = JSON.parse(json);
  return isJson(text) || text !== text.trim() || text.includes("\n") ? json : text;
}

const written = (text) => (isJson(text) ? text.trim() : JSON.stringify(text));

function row(key, value) {
  const line = document.createElement("div");
  line.className = "pair";
  const name = document.createElement("input");
  name.value = key;
  name.setAttribute("aria-label", "Key");
  name.placeholder = "key";
  const said = document.createElement("textarea");
  said.rows = 1;
  said.dir = "auto";
  said.value = value;
  said.setAttribute("aria-label", `Value of ${key || "the new key"}`);
  said.placeholder = "value";
  line.append(name, said);
  return line;
}

function begin(area) {
  const found = members(area.value);
  const editor = document.createElement("div");
  editor.className = "pairs";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small button--quiet";
  area.before(editor);
  area.after(button);

  const write = () => {
    const lines = [...editor.querySelectorAll(".pair")].map((line) => [line.children[0].value, line.children[1].value]);
    const said = lines.filter(([key, value]) => key.trim() || value.trim());
    area.value = said.length ? `{\n${said.map(([key, value]) => `  ${JSON.stringify(key.trim())}: ${written(value)}`).join(",\n")}\n}` : "";
  };
  const draw = (pairs) => {
    editor.replaceChildren(...pairs.map(([key, json]) => row(key, shownValue(json))), row("", ""));
    show(true);
  };
  const show = (isPairs) => {
    editor.hidden = !isPairs;
    area.hidden = isPairs;
    button.textContent = isPairs ? "As JSON" : "As keys and values";
  };

  editor.addEventListener("input", () => {
    const last = editor.lastElementChild;
    if (last.children[0].value || last.children[1].value) editor.append(row("", ""));
    write();
  });
  button.addEventListener("click", () => {
    if (!editor.hidden) return show(false);
    const pairs = members(area.value);
    if (pairs) return draw(pairs);
    const detail = { text: "This is no JSON object yet: correct it first.", level: "warning" };
    return document.dispatchEvent(new CustomEvent("toast", { detail }));
  });
  if (found && area.getAttribute("aria-invalid") !== "true") draw(found);
  else show(false);
}

document.querySelectorAll("textarea[data-pairs]").forEach(begin);
