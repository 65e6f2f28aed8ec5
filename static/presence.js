// Says where I am, up the tab's socket: that an idea is looked at, while the tab is visible, and that something is typed in its discussion.
// May be lost, and is therefore said again; nothing is said while the tab is hidden. Who hears it is the instance's business.
"use strict";
(() => {
  const PULSE = 20000, TYPING = 2500, STILL = 5000;
  const topic = document.querySelector("[data-presence]")?.dataset.presence;
  if (!topic) return;
  const on = (event, act) => document.addEventListener(event, act);
  const say = (signal) => document.dispatchEvent(new CustomEvent("live:say", { detail: { signal, topic } }));
  let typed = 0, told = 0;
  const look = () => { if (!document.hidden && Date.now() - typed > STILL) say("looking"); };
  const stop = () => { typed = told = 0; look(); };
  const leave = () => { typed = told = 0; say("left"); };

  on("htmx:wsOpen", look);
  setInterval(look, PULSE);
  on("visibilitychange", () => (document.hidden ? leave() : look()));
  addEventListener("pagehide", leave);
  on("submit", ({ target }) => { if (target.closest(".talk")) stop(); });
  on("input", ({ target }) => {
    if (document.hidden || !target.matches(".talk textarea")) return;
    if (!target.value.trim()) return stop();
    typed = Date.now();
    if (typed - told < TYPING) return;
    told = typed;
    say("typing");
  });
})();
