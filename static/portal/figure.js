// Draws the figure described in the page; numbers and words come from the server.
(() => {
  "use strict";
  const target = document.getElementById("plot");
  const { data, layout } = JSON.parse(document.getElementById("figure-data").textContent);
  const config = {
    displaylogo: false,
    locale: "page",
    locales: { page: { dictionary: { "Download plot as a PNG": target.dataset.download } } },
    modeBarButtons: [["toImage"]],
    plotlyServerURL: "",
    responsive: true,
    showSendToCloud: false,
  };

  // Break a long name in two at the space nearest to its middle.
  const inTwoLines = (name, shortest = 14) => {
    const spaces = [...name.matchAll(/ /g)].map((match) => match.index);
    if (name.length < shortest || !spaces.length) return name;
    const middle = name.length / 2;
    const at = spaces.reduce((best, place) => (Math.abs(place - middle) < Math.abs(best - middle) ? place : best));
    return `${name.slice(0, at)}<br>${name.slice(at + 1)}`;
  };

  if (window.matchMedia("(max-width: 40rem)").matches) {
    layout.font.size = 11;
    layout.margin.t = 190;
    layout.margin.r = Math.min(layout.margin.r, 110);
    Object.assign(layout.xaxis2, { tickvals: [100], tickangle: 0 });
    layout.xaxis2.title.text = inTwoLines(layout.xaxis2.title.text, 0);
    for (const trace of data) trace.y = trace.y.map((name) => inTwoLines(name));
    for (const note of layout.annotations) {
      if (typeof note.y === "string") note.y = inTwoLines(note.y);
      else Object.assign(note, { xshift: note.xanchor === "right" ? 60 : -60, font: { size: 14 } }); // a panel's title
    }
  }
  target.replaceChildren();
  window.Plotly.newPlot(target, data, layout, config);
})();
