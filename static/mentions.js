// Completes @names in what is being written: a list over the field, by arrows, Enter or Tab, pointer or finger; Escape closes it.
// Whose names: the form's [data-people] address, asked once, when somebody first writes an @.
"use strict";
(() => {
  const on = (event, act) => document.addEventListener(event, act, true);
  const FIELDS = ".composer textarea, .edit-form textarea", MOST = 6;
  const known = {};
  const peopleOf = (form) => known[form.dataset.people] ??= fetch(form.dataset.people, { headers: { Accept: "application/json" } })
    .then((answer) => answer.ok ? answer.json() : { names: [] }).then(({ names }) => names).catch(() => { delete known[form.dataset.people]; return []; });

  let list = null, field = null, start = 0, chosen = 0;
  const close = () => {
    list?.remove();
    ["aria-controls", "aria-activedescendant"].forEach((name) => field?.removeAttribute(name));
    list = field = null;
  };
  const select = (index) => {
    const options = [...list.children];
    chosen = (index + options.length) % options.length;
    options.forEach((option, place) => option.setAttribute("aria-selected", place === chosen));
    field.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  };
  const say = (form, words) => {
    const status = form.querySelector(".people-count") || form.appendChild(Object.assign(document.createElement("span"), { className: "people-count visually-hidden" }));
    status.setAttribute("role", "status");
    status.textContent = words;
  };
  const open = (target, names) => {
    close();
    field = target;
    list = Object.assign(document.createElement("ul"), { className: "people", id: `people-${field.id}` });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "People");
    names.forEach((name, place) => {
      const option = Object.assign(document.createElement("li"), { id: `${list.id}-${place}`, textContent: name });
      option.setAttribute("role", "option");
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(name); });
      list.append(option);
    });
    field.form.append(list);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", list.id);
    say(field.form, `${names.length} ${names.length === 1 ? "name" : "names"}, arrows to choose`);
    select(0);
  };
  const take = (name) => {
    const target = field;
    close();
    target.setRangeText(`@${name} `, start, target.selectionEnd, "end");
    target.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const fits = (name, begun) => [name, ...name.split(" ")].some((part) => part.toLowerCase().startsWith(begun));
  const look = async (target) => {
    const before = target.value.slice(0, target.selectionEnd);
    const found = /(?:^|[^\p{L}\p{N}_@])@([^@\n]{0,40})$/u.exec(before);
    if (!found) return close();
    const names = (await peopleOf(target.form)).filter((name) => fits(name, found[1].toLowerCase())).slice(0, MOST);
    if (document.activeElement !== target || target.value.slice(0, target.selectionEnd) !== before) return;
    start = before.length - found[1].length - 1;
    if (names.length) open(target, names); else close();
  };

  const keys = {
    ArrowDown: () => select(chosen + 1),
    ArrowUp: () => select(chosen - 1),
    Enter: () => take(list.children[chosen].textContent),
    Tab: () => take(list.children[chosen].textContent),
    Escape: close,
  };
  on("input", ({ target }) => target.matches(FIELDS) && target.form.dataset.people && look(target));
  on("keydown", (event) => {
    if (!list || event.target !== field || event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey || !keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
  on("focusout", ({ target }) => target === field && close());
})();
