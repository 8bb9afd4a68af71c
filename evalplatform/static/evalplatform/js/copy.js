// [data-copy="text"] copies that text, [data-copy-from="id"] the text or value of that element,
// [data-copy-link="#m3"] the address of this page with that anchor. The button says so for two seconds;
// [data-copy-says] is what the toast says.

function textOf(button) {
  if (button.dataset.copyLink !== undefined) return new URL(button.dataset.copyLink, location.href).href;
  if (button.dataset.copy !== undefined) return button.dataset.copy;
  const source = document.getElementById(button.dataset.copyFrom);
  return source?.value ?? source?.textContent ?? "";
}

async function write(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (!isDone) throw new Error("copy was refused");
}

function say(button) {
  const use = button.querySelector(".icon use");
  const before = use?.getAttribute("href");
  use?.setAttribute("href", before.replace(/#.*/, "#check"));
  button.dataset.copied = "true";
  setTimeout(() => {
    use?.setAttribute("href", before);
    delete button.dataset.copied;
  }, 2000);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-link]");
  if (!button || button.dataset.copied) return;
  const send = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  try {
    await write(textOf(button));
    say(button);
    send(button.dataset.copySays ?? "Copied.", "success");
  } catch {
    send("The browser did not allow copying. Select the text and copy it yourself.", "error");
  }
});
