// Light, dark or as the system says; remembered under the same name that the admin uses.
// Runs before the first paint, so it is a plain script and not a module.
(() => {
  const root = document.documentElement;
  const names = ["auto", "light", "dark"];

  function remembered() {
    try {
      const name = localStorage.getItem("theme");
      return names.includes(name) ? name : "auto";
    } catch {
      return "auto";
    }
  }

  function show(name) {
    root.dataset.theme = name;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === name));
    }
  }

  function choose(name) {
    try {
      localStorage.setItem("theme", name);
    } catch {
      // A browser that keeps nothing still gets the theme for this page.
    }
    show(name);
  }

  show(remembered());
  document.addEventListener("DOMContentLoaded", () => show(remembered()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (button) choose(button.dataset.themeChoice);
  });
  window.addEventListener("storage", (event) => {
    if (event.key === "theme") show(remembered());
  });
})();
