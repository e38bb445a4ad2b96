/** Offset of the value of the first option with this code and length, or -1. Stops at what is no option list. */
export function optionAt(
  view: DataView,
  littleEndian: boolean,
  start: number,
  end: number,
  code: number,
  length: number,
): number {
  let at = start;
  while (at + 4 <= end) {
    const foundCode = view.getUint16(at, littleEndian);
    const foundLength = view.getUint16(at + 2, littleEndian);
    if (foundCode === 0 || at + 4 + foundLength > end) break;
    if (foundCode === code && foundLength === length) return at + 4;
    at += 4 + ((foundLength + 3) & ~3);
  }
  return -1;
}

/** Values of the options with this code, UTF-8. */
export function optionTexts(
  view: DataView,
  littleEndian: boolean,
  start: number,
  end: number,
  code: number,
  maximum: number,
): string[] {
  const texts: string[] = [];
  let at = start;
  while (at + 4 <= end && texts.length < maximum) {
    const foundCode = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (foundCode === 0 || at + 4 + length > end) break;
    if (foundCode === code)
      texts.push(UTF8.decode(new Uint8Array(view.buffer, view.byteOffset + at + 4, length)));
    at += 4 + ((length + 3) & ~3);
  }
  return texts;
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });
