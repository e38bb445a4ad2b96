import { type ComponentChildren, h } from 'preact';

/**
 * A figure of report/ as elements of the page, so that it has the page's colours and its words can be read and
 * searched. It is built element by element from a list of what figures consist of: nothing else comes through.
 */
export function SvgFigure({ svg, label }: { readonly svg: string; readonly label: string }) {
  // A figure for HTML has no namespace of its own, and one for a file brings a style that the page's policy refuses.
  const named = svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
  const parsed = new DOMParser().parseFromString(named, 'image/svg+xml');
  return (
    <figure>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <div role="group" class="box" aria-label={label} tabIndex={0}>
        {copied(parsed.documentElement, 0)}
      </div>
    </figure>
  );
}

const ELEMENTS = new Set(['svg', 'g', 'path', 'line', 'rect', 'circle', 'text', 'title', 'desc']);
const ATTRIBUTES = new Set(
  'class id role aria-labelledby aria-describedby width height viewBox x y x1 y1 x2 y2 cx cy r rx d'.split(
    ' ',
  ),
);

function copied(element: Element, key: number): ComponentChildren {
  if (!ELEMENTS.has(element.localName)) return null;
  const attributes: Record<string, string | number> = { key };
  for (const { name, value } of element.attributes) if (ATTRIBUTES.has(name)) attributes[name] = value;
  const children = [...element.childNodes].map((child, i) =>
    child instanceof Element ? copied(child, i) : child.nodeValue,
  );
  return h(element.localName, attributes, children);
}
