// The editor of an evaluator: variables go in where the cursor is, labels are added and taken out, and a fault's line and
// column select its place.

const form = document.querySelector("[data-evaluator]");
const prompt = form?.querySelector("[data-prompt]");
const labels = form?.querySelector("[data-choices]");

const say = () => prompt.dispatchEvent(new CustomEvent("prompt:changed", { bubbles: true }));

function insert(text) {
  prompt.focus();
  prompt.setRangeText(text, prompt.selectionStart, prompt.selectionEnd, "end");
  say();
}

function select(start, end) {
  prompt.focus();
  prompt.setSelectionRange(start, end);
  prompt.scrollIntoView({ block: "nearest" });
}

function addLabel() {
  const row = labels.lastElementChild.cloneNode(true);
  row.querySelector("input").value = "";
  row.querySelector("select").value = "";
  labels.append(row);
  row.querySelector("input").focus();
}

function removeLabel(row) {
  if (labels.children.length > 1) row.remove();
  else row.querySelector("input").value = "";
  labels.querySelector("input").focus();
}

if (form) {
  for (const button of form.querySelectorAll("[data-choice-add], [data-choice-remove]")) button.hidden = false;
  form.addEventListener("click", (event) => {
    const variable = event.target.closest("[data-insert]");
    const fault = event.target.closest("[data-select-start]");
    if (variable) insert(variable.dataset.insert);
    else if (fault) select(Number(fault.dataset.selectStart), Number(fault.dataset.selectEnd));
    else if (event.target.closest("[data-choice-add]")) addLabel();
    else if (event.target.closest("[data-choice-remove]")) removeLabel(event.target.closest(".choice-row"));
    else return;
    event.preventDefault();
  });
}
