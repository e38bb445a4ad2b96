import { forHtml } from '../escape.ts';
import { fatePlot } from '../figures/fate-plot.ts';
import { sequenceDiagram } from '../figures/sequence-svg.ts';
import type { Block, Inline, Inlines, Page, Section, TableBlock } from './blocks.ts';
import { htmlDocument } from './html-shell.ts';
import { PAGE_STYLE } from './html-style.ts';

/** A page as one HTML file: no script, no network, readable on paper and by a screen reader. */
export function htmlPage(page: Page): string {
  return htmlDocument({
    title: `${page.verdict} - ${page.title}`,
    style: PAGE_STYLE,
    body: new HtmlWriter().page(page),
  });
}

class HtmlWriter {
  /** Figures and tables so far: their ids have to differ. */
  private boxes = 0;

  page({ title, verdict, lead, sections, footer }: Page): string {
    return [
      `<header><p class="title">${forHtml(title)}</p><h1>${forHtml(verdict)}</h1></header>`,
      contents(sections),
      '<main>',
      ...lead.map((block) => this.block(block)),
      ...sections.map((section) => this.section(section, 2)),
      '</main>',
      footer === undefined ? '' : `<footer>${this.inlines(footer)}</footer>`,
    ].join('\n');
  }

  private section(section: Section, level: number): string {
    const tag = `h${Math.min(6, level)}`;
    const id = section.id === undefined ? '' : ` id="${section.id}"`;
    return [
      `<section><${tag}${id}>${this.inlines(section.heading)}</${tag}>`,
      ...section.blocks.map((block) => this.block(block)),
      ...(section.sections ?? []).map((each) => this.section(each, level + 1)),
      '</section>',
    ].join('\n');
  }

  private block(block: Block): string {
    switch (block.kind) {
      case 'paragraph': {
        const tone = block.tone === undefined ? '' : ` class="${TONE_CLASSES[block.tone]}"`;
        return `<p${tone}>${this.inlines(block.text)}</p>`;
      }
      case 'list': {
        const tag = block.ordered ? 'ol' : 'ul';
        return `<${tag}>${block.items.map((item) => `<li>${this.inlines(item)}</li>`).join('')}</${tag}>`;
      }
      case 'table':
        return this.table(block);
      case 'command':
        return `<pre><code>${forHtml(block.text)}</code></pre>`;
      case 'sequence': {
        const id = this.nextId();
        return this.figure(`${id}-t`, sequenceDiagram(block.sequence, { id }));
      }
      case 'times': {
        const id = this.nextId();
        return this.figure(`${id}-t`, fatePlot(block.times, { id }));
      }
    }
  }

  /** What may be wider than the page scrolls in a box of its own, which the keyboard reaches. */
  private figure(label: string, svg: string): string {
    return `<figure><div class="box" role="group" aria-labelledby="${label}" tabindex="0">${svg}</div></figure>`;
  }

  private table({ caption, columns, rows, more }: TableBlock): string {
    const id = this.nextId();
    const heads = columns.map(
      ({ heading, align }) =>
        `<th scope="col"${align === 'right' ? ' class="n"' : ''}>${forHtml(heading)}</th>`,
    );
    const body = rows.map((cells) => {
      const written = cells.map((cell, i) => {
        const tag = i === 0 ? 'th' : 'td';
        const scope = i === 0 ? ' scope="row"' : '';
        const classes = columns[i]?.align === 'right' ? ' class="n"' : isWide(cell) ? ' class="w"' : '';
        return `<${tag}${scope}${classes}>${this.inlines(cell)}</${tag}>`;
      });
      return `<tr>${written.join('')}</tr>`;
    });
    const below = more === undefined ? '' : `<p class="quiet">${forHtml(more)}</p>`;
    return `<div class="box" role="group" aria-labelledby="${id}" tabindex="0"><table><caption id="${id}">${forHtml(caption)}</caption><thead><tr>${heads.join('')}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>${below}`;
  }

  private inlines(list: Inlines): string {
    return list.map((each) => this.inline(each)).join('');
  }

  private inline(each: Inline): string {
    if (typeof each === 'string') return forHtml(each);
    switch (each.kind) {
      case 'code':
        return `<code>${forHtml(each.text)}</code>`;
      case 'strong':
        return `<strong>${forHtml(each.text)}</strong>`;
      case 'severity':
        return `<span class="badge ${each.severity}">${each.severity}</span>`;
      case 'link':
        return `<a href="#${each.section}">${forHtml(each.text)}</a>`;
      case 'names': {
        const items = each.names.map(({ text, mark }) => `<li class="${mark}">${forHtml(text)}</li>`);
        return `<ul class="names">${items.join('')}</ul>`;
      }
    }
  }

  private nextId(): string {
    return `box-${++this.boxes}`;
  }
}

const TONE_CLASSES = { lead: 'lead', quiet: 'quiet', trouble: 'problem' } as const;

/** So much text that a narrow column would make a tower of it. */
const WIDE_CELL = 24;

function isWide(cell: Inlines): boolean {
  const length = cell.reduce(
    (sum, each) => sum + (typeof each === 'string' ? each.length : 'text' in each ? each.text.length : 0),
    0,
  );
  return length > WIDE_CELL;
}

function contents(sections: readonly Section[]): string {
  const links = sections.flatMap(({ id, heading }) => {
    const text = heading.filter((each) => typeof each === 'string').join('');
    return id === undefined ? [] : [`<li><a href="#${id}">${forHtml(text)}</a></li>`];
  });
  return links.length === 0 ? '' : `<nav aria-label="Contents"><ul>${links.join('')}</ul></nav>`;
}
