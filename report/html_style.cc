#include "report/html_style.h"

namespace seep {

const std::string_view kHtmlStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #fcfcfb; --ink: #1c1e21; --soft: #60656d; --line: #dedfe1; --band: #f2f3f3;
  --accent: #0b5a8a; --rule: #1c1e21;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181b; --ink: #e4e5e7; --soft: #9ba1a9; --line: #32363b; --band: #1f2226;
    --accent: #7cc0ec; --rule: #c9ccd0;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1.5rem 4rem; max-width: 76rem;
  background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere;
}
header { display: flex; flex-wrap: wrap; gap: 0 1.25rem; align-items: baseline; }
header b { letter-spacing: .02em; }
header span, .soft, caption, th, dt { color: var(--soft); }
code, .name {
  font: .92em/1.45 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
.verdict { margin: 1rem 0 1.5rem; padding: .9rem 0 0; border-top: 2px solid var(--rule); }
.verdict p { margin: 0; max-width: 62rem; font-size: 1.3rem; line-height: 1.45; text-wrap: pretty; }
.verdict .name { font-size: .88em; color: var(--accent); }
.verdict .figure { font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums; }
.facts { display: flex; flex-wrap: wrap; gap: .75rem 2.5rem; margin: 1.4rem 0 0; }
.facts dt { font-size: .82rem; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
section { margin-top: 2.4rem; }
h2 { margin: 0 0 .1rem; font-size: 1.05rem; font-weight: 650; }
h2 + p { margin: 0 0 .5rem; }
.soft { font-size: .87rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th {
  padding: .3rem .6rem; border-bottom: 1px solid var(--rule);
  font-size: .8rem; font-weight: 500; text-align: right; white-space: nowrap;
}
td { padding: .34rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td { text-align: right; white-space: nowrap; }
.rows { table-layout: fixed; }
.rows th { width: 4.9rem; }
.rows th:nth-child(1) { width: auto; }
.rows th:nth-child(2) { width: 6.2rem; }
.rows th:nth-child(5) { width: 3.6rem; }
.rows th:nth-child(7), .rows th:nth-child(8) { width: 5.6rem; }
.rows th:nth-child(9) { width: 8.6rem; }
th:first-child, td:first-child { padding-left: 0; text-align: left; white-space: normal; }
th:last-child, td:last-child { padding-right: 0; }
th.word { text-align: left; }
td.long { white-space: normal; text-align: left; }
td.error { padding-left: 0; text-align: left; }
.error, .tag { color: var(--soft); }
.tag { font-size: .85em; }
summary { cursor: pointer; }
summary > .name, summary > .tag {
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden;
}
summary { display: grid; grid-template-columns: 1rem 1fr; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "▸"; color: var(--soft); font-size: .8em; line-height: 1.9; }
details[open] > summary::before { content: "▾"; }
summary > .tag { grid-column: 2; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
/* Opened, a row spreads below its figures. */
.more {
  width: min(66rem, 100vw - 5rem); margin: .4rem 0 .6rem 1rem; padding: .6rem .8rem;
  background: var(--band); white-space: normal;
}
.more p, .more ul, .more ol { margin: 0 0 .5rem; }
.more > :last-child { margin-bottom: 0; }
.more ul, .more ol { padding-left: 1.3rem; }
.more .library { color: var(--soft); }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
:target { background: var(--band); }
.pairs { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.5rem; margin: 0; }
.pairs dd { margin: 0; font-variant-numeric: tabular-nums; }
.narrow { width: auto; min-width: 26rem; }
@media (max-width: 64rem) {
  body { padding: 1rem 1rem 3rem; }
  .verdict p { font-size: 1.1rem; }
  .rows thead { display: none; }
  .rows tr { display: flex; flex-wrap: wrap; gap: 0 1.1rem; padding: .5rem 0; }
  .rows tr { border-bottom: 1px solid var(--line); }
  .rows td { padding: 0; border: 0; text-align: left; }
  .rows td:first-child { flex-basis: 100%; min-width: 0; }
  .rows td[data-label]::before {
    content: attr(data-label) " "; color: var(--soft); font-size: .82rem;
  }
  .rows td.error { margin-left: -.75rem; }
  .rows td.error:empty { display: none; }
  .narrow { min-width: 0; width: 100%; }
  .more { margin-left: 0; width: auto; }
  .pairs { grid-template-columns: 1fr; gap: 0; }
  .pairs dd { margin-bottom: .4rem; }
}
@media print {
  :root { --page: #fff; --ink: #000; --soft: #444; --line: #bbb; --band: #fff; --accent: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  section, tr { break-inside: avoid-page; }
  .rows { break-inside: auto; }
  summary::before { content: ""; }
}
)css";

}  // namespace seep
