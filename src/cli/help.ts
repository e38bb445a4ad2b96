import { EXIT_CODES } from './exit-codes.ts';

/** Sections below the options of a command's help. */
export function helpSection(heading: string, lines: readonly string[]): string {
  return `\n${heading}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

export function exitCodesHelp(): string {
  return helpSection(
    'Exit codes',
    Object.values(EXIT_CODES).map(({ code, meaning }) => `${String(code).padStart(3)}  ${meaning}`),
  );
}
