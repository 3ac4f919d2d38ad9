// The language switch leads to the same page, where both languages have it: they always do.
for (const link of document.querySelectorAll("a[hreflang]")) {
  link.href = location.pathname.replace(/\/(en|zh)\/(?=[^/]*$)/, `/${link.hreflang}/`)
}
