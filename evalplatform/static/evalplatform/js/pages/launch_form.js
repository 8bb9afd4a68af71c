// The form of typed prompts: rows are added up to the most there may be, and taken out; each lock names its row's place.

const form = document.querySelector("[data-launch]");
const rows = form?.querySelector("[data-prompts]");
const adder = form?.querySelector("[data-prompt-add]");

function number() {
  [...rows.children].forEach((row, n) => {
    row.querySelector("textarea").setAttribute("aria-label", `Prompt ${n + 1}`);
    row.querySelector("[name=prompts_locked]").value = n;
    row.querySelector("[data-prompt-remove]").hidden = rows.children.length === 1;
  });
  adder.hidden = rows.children.length >= Number(form.dataset.most);
}

function add() {
  const row = rows.lastElementChild.cloneNode(true);
  row.querySelector("textarea").value = "";
  row.querySelector("[name=prompts_locked]").checked = false;
  rows.append(row);
  number();
  row.querySelector("textarea").focus();
}

if (form) {
  number();
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-prompt-add]")) add();
    else if (event.target.closest("[data-prompt-remove]")) {
      event.target.closest("[data-prompt-row]").remove();
      number();
    }
  });
}
