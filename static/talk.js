// What a discussion does by itself. Everything here is an extra: each page works without it.
"use strict";
(() => {
  const on = (event, act) => document.addEventListener(event, act);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A row is replaced under the keyboard, by an answer or a push: [data-refocus="ids"] names who takes its place, else whoever has its id.
  let last = null;
  const refocus = () => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const places = [last.id, ...(last.dataset.refocus || "").split(" ")];
    last = null;
    places.map((id) => id && document.getElementById(id)).find(Boolean)?.focus({ preventScroll: true });
  };
  on("focusin", ({ target }) => { last = target.closest(".msg") ? target : null; });
  on("pointerdown", () => { last = null; });

  // A closed dialog of answers holds nothing that would go on asking for news.
  document.addEventListener("close", ({ target }) => target.querySelector?.("[id^=conversation-]")?.replaceChildren(), true);

  on("DOMContentLoaded", () => {
    all(".talk .scroll").forEach((scroll) => new MutationObserver(refocus).observe(scroll, { childList: true, subtree: true }));
  });
})();
