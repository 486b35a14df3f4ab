// Takes the words beside a cell away by Escape, with pointer and focus where they are, until either comes back.
(() => {
  "use strict";
  const CELLS = ".level-map td > a";
  const TOLD = "told"; // the words are read: the style sheet hides them

  const cellOf = (target) => (target instanceof Element ? target.closest(CELLS) : null);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const cell of document.querySelectorAll(CELLS)) {
      if (cell.matches(":hover, :focus")) cell.classList.add(TOLD);
    }
  });
  for (const name of ["pointerover", "focusin"]) {
    document.addEventListener(name, (event) => {
      const cell = cellOf(event.target);
      if (cell && cell !== cellOf(event.relatedTarget)) cell.classList.remove(TOLD);
    });
  }
})();
