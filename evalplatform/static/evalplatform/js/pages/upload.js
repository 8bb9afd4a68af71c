// The upload page: a file can be dropped, and one that is too large is refused before it is sent.

const form = document.querySelector("[data-upload]");
const zone = form.querySelector("[data-dropzone]");
const input = form.querySelector("input[type=file]");
const problem = form.querySelector("[data-upload-error]");

function say(text) {
  const item = document.createElement("li");
  item.textContent = text;
  problem.replaceChildren(...(text ? [item] : []));
  problem.hidden = !text;
}

function isTooLarge() {
  const file = input.files[0];
  const maxBytes = Number(form.dataset.maxBytes);
  if (!file || file.size <= maxBytes) return false;
  say(`This file is larger than ${Math.floor(maxBytes / 1e6).toLocaleString()} MB. Split it and upload the parts.`);
  return true;
}

for (const name of ["dragenter", "dragover"]) {
  zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
}

for (const name of ["dragleave", "drop"]) {
  zone.addEventListener(name, () => zone.classList.remove("is-over"));
}

zone.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

input.addEventListener("change", () => {
  say("");
  isTooLarge();
});

form.addEventListener("submit", (event) => {
  if (!isTooLarge()) return;
  event.preventDefault();
  event.stopPropagation();
});
