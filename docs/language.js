// The language switch leads to the same page, where both languages have it: they always do. The
// place on it goes along, for names that are the same in both, such as errors; others lead to its top.
for (const link of document.querySelectorAll("a[hreflang]")) {
  link.href = location.pathname.replace(/\/(en|zh)\/(?=[^/]*$)/, `/${link.hreflang}/`)
  link.addEventListener("click", () => { link.hash = location.hash })
}
