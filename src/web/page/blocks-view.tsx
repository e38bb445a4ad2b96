import { useId } from 'preact/hooks';
import { fatePlot } from '../../report/figures/fate-plot.ts';
import { sequenceDiagram } from '../../report/figures/sequence-svg.ts';
import type { Block, Inline, Inlines, Section, TableBlock } from '../../report/page/blocks.ts';
import { CopyLine } from './copy-line.tsx';
import { SvgFigure } from './svg-figure.tsx';
import { shown } from './words.ts';

/** The blocks of a report as elements: one more writer beside those of report/page/. */
export interface BlocksProps {
  readonly blocks: readonly Block[];
  /** What stands above them: a table that is called the same need not say so again. */
  readonly heading?: string;
}

export function Blocks({ blocks, heading }: BlocksProps) {
  return blocks.map((block, i) => <OneBlock key={i} block={block} heading={heading} />);
}

export function SectionView({ section, level }: { readonly section: Section; readonly level: 2 | 3 | 4 }) {
  const Heading = `h${level}` as 'h2';
  const below = Math.min(4, level + 1) as 3 | 4;
  return (
    <section>
      <Heading id={section.id}>
        <Said text={section.heading} />
      </Heading>
      <Blocks blocks={section.blocks} heading={section.heading.join('')} />
      {section.sections?.map((each, i) => (
        <SectionView key={i} section={each} level={below} />
      ))}
    </section>
  );
}

const TONES = { lead: 'lead', quiet: 'quiet', trouble: 'problem' } as const;

function OneBlock({ block, heading }: { readonly block: Block; readonly heading: string | undefined }) {
  const id = useId();
  switch (block.kind) {
    case 'paragraph':
      return (
        <p class={block.tone && TONES[block.tone]}>
          <Said text={block.text} />
        </p>
      );
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul';
      return (
        <List>
          {block.items.map((item, i) => (
            <li key={i}>
              <Said text={item} />
            </li>
          ))}
        </List>
      );
    }
    case 'table':
      return <TableView table={block} heading={heading} />;
    case 'command':
      return <CopyLine text={block.text} />;
    case 'sequence':
      return <SvgFigure svg={sequenceDiagram(block.sequence, { id })} label="Sequence diagram" />;
    case 'times':
      return <SvgFigure svg={fatePlot(block.times, { id })} label="Fates over time" />;
  }
}

interface TableViewProps {
  readonly table: TableBlock;
  readonly heading: string | undefined;
}

function TableView({ table: { caption, columns, rows, more }, heading }: TableViewProps) {
  const id = useId();
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <div role="group" class="box" aria-labelledby={id} tabIndex={0}>
        <table>
          <caption id={id} class={caption === heading ? 'unseen' : undefined}>
            {shown(caption)}
          </caption>
          <thead>
            <tr>
              {columns.map(({ heading, align }) => (
                <th key={heading} scope="col" class={align === 'right' ? 'n' : undefined}>
                  {shown(heading)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, r) => (
              <tr key={r}>
                {cells.map((cell, c) => {
                  // A name that stands in the row above is not said again, and an empty one names nothing.
                  const isName = c === 0 && cell.some((each) => each !== '');
                  const Cell = isName ? 'th' : 'td';
                  return (
                    <Cell
                      key={c}
                      scope={isName ? 'row' : undefined}
                      class={columns[c]?.align === 'right' ? 'n' : undefined}
                    >
                      <Said text={cell} />
                    </Cell>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more && <p class="quiet">{more}</p>}
    </>
  );
}

export function Said({ text }: { readonly text: Inlines }) {
  return text.map((each, i) =>
    typeof each === 'string' ? shown(each) : <OneInline key={i} inline={each} />,
  );
}

function OneInline({ inline }: { readonly inline: Exclude<Inline, string> }) {
  switch (inline.kind) {
    case 'code':
      return <code>{shown(inline.text)}</code>;
    case 'strong':
      return <strong>{shown(inline.text)}</strong>;
    case 'severity':
      return <Badge severity={inline.severity} />;
    case 'link':
      return <a href={`#${inline.section}`}>{shown(inline.text)}</a>;
    case 'names':
      return (
        <ul class="names">
          {inline.names.map(({ text, mark }, n) => (
            <li key={n} class={mark}>
              {shown(text)}
            </li>
          ))}
        </ul>
      );
  }
}

export function Badge({ severity }: { readonly severity: string }) {
  return <span class={`badge ${severity}`}>{severity}</span>;
}
