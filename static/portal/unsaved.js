// Asks before words that were not sent are left behind: for another language, by a link, by closing the window.
// Without this file a sentence above the form warns of it.
// Answers of a sheet save themselves, and ask for themselves (answers.js).
(() => {
  "use strict";
  document.querySelectorAll("[data-not-asked]").forEach((warning) => warning.remove());
  const unsaved = new Set();
  for (const form of document.querySelectorAll("main form[method=post]:not([data-answer], [data-still-true])")) {
    if ("unsaved" in form.dataset) unsaved.add(form); // sent and refused
    form.addEventListener("input", () => unsaved.add(form));
    form.addEventListener("submit", () => unsaved.delete(form));
  }
  addEventListener("beforeunload", (event) => {
    if (unsaved.size) event.preventDefault();
  });
})();
