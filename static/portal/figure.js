// Draws the figure described in the page; numbers and words come from the server.
(() => {
  "use strict";
  const target = document.getElementById("plot");
  target.hidden = false; // without scripts there is no empty frame
  const { data, layout } = JSON.parse(document.getElementById("figure-data").textContent);

  // All that Plotly says by itself, in the language of the page: its own dictionaries lack Arabic, and need a download.
  const language = document.documentElement.lang;
  const named = (days, options) =>
    days.map((day) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options }).format(day));
  const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2026, month, 1));
  const days = Array.from({ length: 7 }, (_, day) => Date.UTC(2026, 1, 1 + day)); // 1 February 2026 is a Sunday
  const signs = new Intl.NumberFormat(language, { useGrouping: "always" }).formatToParts(1234567.8);
  const sign = (type) => signs.find((part) => part.type === type)?.value ?? "";
  const page = {
    dictionary: {
      "Double-click on legend to isolate one trace": target.dataset.tipLegend,
      "Double-click to zoom back out": target.dataset.tipZoom,
      "Download plot as a PNG": target.dataset.download,
    },
    format: {
      days: named(days, { weekday: "long" }),
      shortDays: named(days, { weekday: "short" }),
      months: named(months, { month: "long" }),
      shortMonths: named(months, { month: "short" }),
      decimal: sign("decimal"),
      thousands: sign("group"),
    },
  };
  const config = {
    displaylogo: false,
    locale: "page",
    locales: { page },
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
