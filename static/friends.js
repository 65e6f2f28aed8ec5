// Friend codes: takes the code from behind the # of the address, where no server sees it, and copies it or carries it on.
// Everything here is an extra: the code can be copied and pasted by hand.
"use strict";
(() => {
  const HOME = "own-instance", CODE = "friend-code";
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const kept = (store, act) => { try { return act(store()); } catch { return null; } };  // a browser may refuse to keep things
  const tab = (act) => kept(() => sessionStorage, act), device = (act) => kept(() => localStorage, act);
  const show = (element, shown = true) => { if (element) element.hidden = !shown; };
  const forgetHash = () => history.replaceState(null, "", location.pathname + location.search);  // not into the history

  // Signing in on the way: the code waits in this tab, and is taken out once.
  const behind = location.hash.startsWith("#pp1.") ? location.hash.slice(1) : "";
  const field = one("[data-code]"), waits = one("[data-keep-code]"), asks = field && !field.readOnly && "takesCode" in field.dataset;
  if (waits && behind) { tab((store) => store.setItem(CODE, behind)); forgetHash(); }
  const code = behind || (asks && tab((store) => store.getItem(CODE))) || "";
  if (asks) tab((store) => store.removeItem(CODE));
  if (asks && code && !field.value) field.value = code;
  if (asks && behind) forgetHash();

  // The inviter's page: show the code, and go home with it.
  const form = one("[data-go]");
  if (form && field && code) field.value = location.href;
  all("[data-with-code]").forEach((part) => show(part, Boolean(code)));
  show(one("[data-without-code]"), !code);

  // "127.0.0.1:8000", "my.example", "https://my.example/friends/": the origin of each; null for what is none.
  const near = (host) => /^(\d+(\.\d+){3}|\[[\da-f:]+\]|localhost|[^.]+|.*\.(local|lan|home|internal|localhost))$/i.test(host);
  const origin = (typed) => {
    const text = typed.trim();
    if (!text || /\s/.test(text)) return null;
    try {
      const url = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
      const named = /^[a-z\d]([a-z\d.-]*[a-z\d])?$|^\[[\da-f:]+\]$/i.test(url.hostname);
      if (!/^https?:$/.test(url.protocol) || url.username || url.password || !named) return null;
      const bare = !text.includes("://");
      return bare && !url.port && !near(url.hostname) ? `https://${url.host}` : url.origin;
    } catch { return null; }
  };
  const input = form?.elements.address;
  if (input) input.value = device((store) => store.getItem(HOME)) || "";
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const home = origin(input.value);
    show(one("#address_error"), !home);
    if (!home) { input.setAttribute("aria-invalid", "true"); input.focus(); return; }
    input.removeAttribute("aria-invalid");
    device((store) => store.setItem(HOME, home));
    location.href = `${home}/friends/add/#${code}`;
  });

  // Copying. The button may be drawn anew by a push, so the page listens, not the button.
  const ready = () => show(one("[data-copy]"));
  ready();
  document.addEventListener("htmx:wsAfterMessage", ready);
  document.addEventListener("click", async ({ target }) => {
    const copy = target.closest("[data-copy]"), shown = one("[data-code]");
    if (!copy || !shown) return;
    shown.select();
    try { await navigator.clipboard.writeText(shown.value); } catch { document.execCommand("copy"); }
    copy.lastChild.textContent = "Copied";
  });
})();
