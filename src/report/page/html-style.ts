import { FIGURE_COLOURS, FIGURE_STYLE } from '../figures/figure-style.ts';

/** Of a page: light and dark, from a phone's width up, and on A4. Colours are those of the figures. */
export const PAGE_STYLE = `${FIGURE_COLOURS}
${FIGURE_STYLE}
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
header,main,footer,nav{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1{font-size:2rem;line-height:1.2;margin:.2rem 0 1rem}
h2{font-size:1.35rem;line-height:1.3;margin:2.5rem 0 .75rem;padding-top:.75rem;border-top:2px solid var(--rule)}
h3{font-size:1.1rem;line-height:1.4;margin:2.25rem 0 .5rem}
h4{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.6rem 0}
ol,ul{margin:.4rem 0 .8rem;padding-left:1.6rem}
li{margin:.35rem 0}
a{color:var(--strong)}
a:focus-visible,.box:focus-visible{outline:3px solid var(--strong);outline-offset:2px}
.title{color:var(--quiet);margin:0}
.lead{font-size:1.08rem}
.quiet,footer{color:var(--quiet);font-size:.9rem}
.problem{border-left:4px solid var(--medium);padding:.2rem .8rem;background:var(--soft)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;padding:0;margin:.8rem 0 0;font-size:.9rem}
nav li{margin:0}
code,pre,.names{font-family:ui-monospace,"Cascadia Mono","DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.86em;unicode-bidi:isolate}
code{background:var(--soft);border-radius:3px;padding:.1em .3em;-webkit-box-decoration-break:clone;box-decoration-break:clone}
pre{background:var(--soft);border:1px solid var(--rule);border-radius:4px;padding:.6rem .8rem;margin:.4rem 0 .9rem;white-space:pre-wrap}
pre code{background:none;padding:0;font-size:inherit}
.box{overflow-x:auto;margin:.6rem 0 .4rem}
figure{margin:.8rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem;overflow-wrap:normal}
caption{text-align:left;color:var(--quiet);padding:0 0 .3rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .7rem;border-bottom:1px solid var(--rule);unicode-bidi:isolate}
th:first-child,td:first-child{padding-left:0}
thead th{border-bottom:2px solid var(--rule);white-space:nowrap}
tbody th{font-weight:500}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.w,th.w{min-width:14rem}
.badge{display:inline-block;border:1.5px solid currentColor;border-radius:3px;padding:0 .4em;font-size:.78rem;font-weight:650;line-height:1.5;white-space:nowrap;vertical-align:.08em}
.badge.high{color:var(--high)}.badge.medium{color:var(--medium)}.badge.low{color:var(--low)}.badge.info{color:var(--info)}
.names{list-style:none;padding:0;margin:0;white-space:nowrap}
.names li{margin:0;padding-left:1.1em;text-indent:-1.1em}
.names li::before{content:"\\2013\\00a0";color:var(--quiet)}
.names .both::before{content:"=\\00a0"}
.names .chosen::before{content:"\\2713\\00a0"}
.names .both,.names .chosen{font-weight:700;color:var(--well)}
.fig{width:100%;min-width:640px;max-width:880px;height:auto}
footer{padding-top:1.5rem;padding-bottom:2.5rem;margin-top:2.5rem;border-top:2px solid var(--rule)}
@media (max-width:40rem){body{font-size:15px}h1{font-size:1.6rem}header,main,footer,nav{padding-left:1rem;padding-right:1rem}}
@page{size:A4;margin:15mm 14mm}
@media print{
:root{font-size:10pt}
body{font-size:10pt;line-height:1.4}
header,main,footer{max-width:none;padding:0}
nav{display:none}
a{color:inherit;text-decoration:none}
h1{font-size:18pt}h2{font-size:13pt;margin-top:1.2rem}h3{font-size:11pt;margin-top:1.4rem}h4{margin-top:1rem}
h2,h3,h4,caption,thead{break-after:avoid}
tr,figure,pre,li{break-inside:avoid}
.box{overflow:visible}
table{font-size:8.5pt;overflow-wrap:break-word}
th.w,td.w{min-width:0}
.fig{min-width:0;max-width:155mm}
.names{white-space:normal}
pre,code,.problem{background:none}
code{padding:0}
}`;
