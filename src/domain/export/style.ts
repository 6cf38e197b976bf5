/** The looks of the print-ready page, on screen and on A4. Promises: constant, so that one hash in a content security policy covers it. */
export const STYLE = `
:root {
  color-scheme: light;
  --text: #211f1a; --muted: #67625a; --line: #e4e1d9; --strong: #c9c4b8; --accent: #8a5a00; --soft: #f6ead0; --bad: #b3261e;
}
@page {
  size: A4;
  margin: 14mm 16mm 17mm;
  @bottom-left { content: "Golden Path"; color: #67625a; font: 7.5pt system-ui, sans-serif; }
  @bottom-right { content: counter(page) " / " counter(pages); color: #67625a; font: 7.5pt system-ui, sans-serif; }
}

/* Ground and words. */
* { box-sizing: border-box; }
html { background: #f7f6f3; }
body {
  margin: 0; color: var(--text);
  font: 9.5pt/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-print-color-adjust: exact; print-color-adjust: exact;
}
main {
  max-width: 210mm; margin: 8mm auto; padding: 16mm; background: #fff;
  box-shadow: 0 1px 3px rgb(40 30 0 / 12%), 0 8px 30px rgb(40 30 0 / 8%);
}
h1, h2, p, ul, ol, dl, dd, figure { margin: 0; }
h1 { font-size: 21pt; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 {
  margin: 7.5mm 0 2.5mm; padding-bottom: 1mm; border-bottom: 1px solid var(--strong);
  font-size: 13pt; line-height: 1.3; break-after: avoid;
}
p, li { orphans: 3; widows: 3; overflow-wrap: anywhere; }
strong { font-weight: 650; }
code { font: 0.88em ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; }
.prose > * + * { margin-top: 1.5mm; }
.prose ul, .prose ol { padding-left: 5mm; }
.lookup { margin-bottom: 3mm; color: var(--muted); font-size: 8.5pt; }
.source {
  display: block; margin-top: 1.2mm; color: var(--muted);
  font-size: 6.5pt; font-weight: 400; line-height: 1.3; overflow-wrap: anywhere;
}

/* The head: what the figures are about. */
.eyebrow {
  display: flex; align-items: center; gap: 3mm; margin-bottom: 2mm;
  color: var(--accent); font-size: 8.5pt; font-weight: 650; letter-spacing: 0.06em; text-transform: uppercase;
}
.badge { padding: 0.4mm 2.2mm; border-radius: 99px; background: var(--soft); letter-spacing: 0.02em; text-transform: none; }
.basis { display: grid; grid-template-columns: max-content 1fr; gap: 0.6mm 5mm; margin-top: 4mm; font-size: 8.5pt; }
.basis dt { color: var(--muted); }
.basis p { display: inline; }
.notice { margin-top: 4mm; padding: 2mm 3mm; border-radius: 1.5mm; background: var(--soft); }

/* Headline figures. */
.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(38mm, 1fr)); gap: 3mm;
  margin-top: 6mm; padding: 0; list-style: none;
}
.figures li {
  display: grid; grid-row: span 4; grid-template-rows: subgrid; row-gap: 0; padding: 3mm;
  border: 1px solid var(--line); border-radius: 2mm; break-inside: avoid;
}
.label, .note { color: var(--muted); font-size: 8pt; line-height: 1.35; }
.value {
  font-size: 16pt; font-weight: 650; font-variant-numeric: tabular-nums; letter-spacing: -0.02em;
  line-height: 1.3; overflow-wrap: anywhere;
}

/* Charts and tables. */
figure { margin-top: 5mm; }
figcaption {
  display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 4mm;
  margin-bottom: 1mm; font-size: 9.5pt; font-weight: 650; break-after: avoid;
}
figcaption .source { margin: 0; }
.drawing { display: block; width: 100%; height: auto; font-family: inherit; }
.chart, .short { break-inside: avoid; }
.legend {
  display: flex; flex-wrap: wrap; gap: 1mm 5mm; padding: 0 0 0 13mm; list-style: none;
  color: var(--muted); font-size: 8pt;
}
.legend li { display: flex; align-items: center; gap: 1.5mm; }
.swatch { flex: none; width: 2.4mm; height: 2.4mm; }
table { width: 100%; border-collapse: collapse; font-size: 8.5pt; line-height: 1.4; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { padding: 1.1mm 0 1.1mm 5mm; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
:is(th, td):first-child { padding-left: 0; }
th { border-bottom-color: var(--strong); color: var(--muted); font-weight: 550; }
td { overflow-wrap: anywhere; }
.number { text-align: right; }
.number, .whole { white-space: nowrap; }
.detail { margin-top: 0.6mm; color: var(--muted); font-size: 8pt; }
.sources { font-size: 7.5pt; }
.sources code { font-size: 6.5pt; }

@media print {
  html { background: #fff; }
  main { max-width: none; margin: 0; padding: 0; box-shadow: none; }
}
@media screen and (max-width: 720px) {
  main { margin: 0; padding: 6mm 5mm; }
  figure, .wide { overflow-x: auto; }
  figure > table, .wide > table { min-width: 150mm; }
  h1 { font-size: 17pt; }
}
`;
