/**
 * What figures look like on a page. Colours are those of Okabe and Ito (told apart with every kind of colour vision),
 * darkened or lightened until text in them has the contrast that WCAG AA asks for; nothing is told by colour alone.
 */
export const FIGURE_COLOURS = `:root{--paper:#fff;--ink:#1a1d21;--quiet:#555d66;--rule:#d5d9de;--soft:#f4f6f8;--high:#a8321a;--medium:#855600;--low:#00598f;--info:#555d66;--well:#00674f;--strong:#00598f}
@media (prefers-color-scheme:dark){:root{--paper:#16191d;--ink:#e6e9ed;--quiet:#a3acb6;--rule:#3a4149;--soft:#1f242a;--high:#ff9c84;--medium:#f0b64f;--low:#79c0f2;--info:#a3acb6;--well:#5fd3ae;--strong:#79c0f2}}
@media print{:root{--paper:#fff;--ink:#000;--quiet:#444;--rule:#bbb;--soft:#f4f4f4;--high:#a8321a;--medium:#855600;--low:#00598f;--info:#555;--well:#00674f;--strong:#00598f}}`;

export const FIGURE_STYLE = `.fig{display:block;max-width:none;font:12px/1.3 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.fig text{fill:var(--ink)}
.fig .q{fill:var(--quiet)}
.fig .b{font-weight:600}
.fig .m{font-family:ui-monospace,"Cascadia Mono","DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:11px}
.fig .s{font-size:11px}
.fig .e{text-anchor:end}
.fig .c{text-anchor:middle}
.fig .life{stroke:var(--rule);stroke-width:2}
.fig .axis{stroke:var(--rule);stroke-width:1}
.fig .arrow{stroke:var(--quiet);stroke-width:1.5;fill:none}
.fig .head{fill:var(--quiet)}
.fig .decisive .arrow{stroke:var(--strong);stroke-width:2.5}
.fig .decisive .head{fill:var(--strong)}
.fig .decisive .label{fill:var(--strong);font-weight:600}
.fig .trouble .arrow{stroke:var(--high);stroke-width:2.5}
.fig .trouble .head{fill:var(--high)}
.fig .trouble .label{fill:var(--high);font-weight:600}
.fig .phase{fill:var(--soft);stroke:var(--rule)}
.fig .pause{stroke:var(--paper);stroke-width:4;stroke-dasharray:3 3}
.fig .high{fill:var(--high)}.fig .medium{fill:var(--medium)}.fig .low{fill:var(--low)}.fig .info{fill:var(--info)}.fig .well{fill:var(--well)}
.fig .track{fill:var(--soft)}`;

/** A text of so many characters at most in a line, measured generously: fonts differ. */
export const charactersIn = (pixels: number, fontSize: number): number =>
  Math.max(8, Math.floor(pixels / (fontSize * 0.56)));
