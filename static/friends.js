// Friend codes: takes the code from behind the # of the address, where no server sees it, and copies it.
// Everything here is an extra: the code can be copied and pasted by hand.
"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const code = location.hash.startsWith("#pp1.") ? location.hash.slice(1) : "";
  const field = one("[data-code]");
  if (field && code && !field.value) field.value = field.readOnly ? location.href : code;
  if (code && field && !field.readOnly) history.replaceState(null, "", location.pathname);  // not into the history

  const show = (element) => { if (element) element.hidden = false; };
  if (code) show(one("[data-with-code]"));
  const form = one("[data-go]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = new FormData(form).get("address").trim();
    try {
      const home = new URL(/^https?:/.test(typed) ? typed : `http://${typed}`);
      location.href = `${home.origin}/friends/add/#${code}`;
    } catch {
      form.elements.address.setAttribute("aria-invalid", "true");
      form.elements.address.focus();
    }
  });

  const copy = one("[data-copy]");
  if (!copy || !field) return;
  show(copy);
  copy.addEventListener("click", async () => {
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    copy.lastChild.textContent = "Copied";
  });
})();
