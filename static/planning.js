// The list of ideas: ticking several at once. Without it each tick is its own click, and everything else works.
"use strict";
(() => {
  const ticks = () => [...document.querySelectorAll(".tick input")];
  const words = (number) => `${number} idea${number === 1 ? "" : "s"} ticked`;
  const tell = () => {
    const boxes = ticks(), all = document.getElementById("tick-all"), said = document.querySelector("[data-ticked]");
    const number = boxes.filter((box) => box.checked).length;
    if (said && said.textContent !== words(number)) said.textContent = words(number);
    if (!all) return;
    all.checked = number > 0 && number === boxes.length;
    all.indeterminate = number > 0 && number < boxes.length;
  };

  // Shift and a click: everything from the last tick to this one.
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest(".tick input");
    if (!box) return;
    const boxes = ticks(), from = boxes.indexOf(last), to = boxes.indexOf(box);
    if (event.shiftKey && from >= 0) boxes.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => { one.checked = box.checked; });
    last = box;
  });
  document.addEventListener("change", ({ target }) => {
    if (target.id === "tick-all") ticks().forEach((box) => { box.checked = target.checked; });
    tell();
  });
  document.addEventListener("reset", () => setTimeout(tell));
  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("DOMContentLoaded", tell);
  window.addEventListener("pageshow", tell); // the browser's own back brings ticks along
})();
