const MAX_NAME = 255;
const UNNAMED = 'capture';

/** What an upload is called: one line of text without what steers terminals or hides, and no path. */
export function captureName(given: string | undefined): string {
  const base = (given ?? '').normalize().split(/[/\\]/).at(-1) ?? '';
  // Control characters, and those that turn the direction of text or are not seen.
  const shown = base.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '').trim();
  const cut = [...shown].slice(0, MAX_NAME).join('');
  return cut === '' || cut === '.' || cut === '..' ? UNNAMED : cut;
}

/** A download under this name (RFC 6266, RFC 8187); browsers that know no UTF-8 get one in ASCII. */
export function attachment(name: string): string {
  const ascii = name.replace(/[^\w.() -]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** The name without the ending of a capture file, to make others of. */
export const stem = (name: string): string => name.replace(/(\.(pcap|pcapng|cap|dmp|gz))+$/i, '') || UNNAMED;
