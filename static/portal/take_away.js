// Makes a PNG of a figure from its SVG, here in the browser: no server draws pixels.
(() => {
  "use strict";
  const SCALE = 2; // sharp on paper, too

  const drawn = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(String(answer.status));
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SCALE;
    canvas.height = image.naturalHeight * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    return [blob, nameOf(answer)];
  };

  // The image is called as its SVG is: what it shows, of whom, on which basis, in which language.
  const nameOf = (answer) => answer.headers.get("Content-Disposition").match(/filename="([^"]+)\.svg"/)[1];

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${name}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  for (const link of document.querySelectorAll("a[data-png]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = link.dataset.png;
    const of = link.querySelector("span"); // what the figure is of, said to those who do not see the page
    if (of) button.append(of.cloneNode(true));
    button.addEventListener("click", async () => {
      try {
        save(...(await drawn(link.href)));
      } catch {
        const note = document.createElement("span");
        note.role = "alert";
        note.textContent = link.dataset.failed;
        button.replaceWith(note);
      }
    });
    link.after(" ", button);
  }
})();
