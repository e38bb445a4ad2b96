import type { AddHelpTextContext } from '@commander-js/extra-typings';
import { padStart, wrap } from '../report/layout.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** Sections below the options of a command's help. */
export function helpSection(heading: string, lines: readonly string[]): string {
  return `\n${heading}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

export function exitCodesHelp(): (context: AddHelpTextContext) => string {
  return ({ command }) => {
    const width = command.configureOutput().getOutHelpWidth?.() ?? 80;
    return helpSection('Exit codes', exitCodeLines(width - 2));
  };
}

/** The number in three columns, and what it means. */
export function exitCodeLines(width: number): string[] {
  return Object.values(EXIT_CODES).flatMap(({ code, meaning }) =>
    wrap(meaning, width - 5).map((line, i) => `${i === 0 ? padStart(String(code), 3) : '   '}  ${line}`),
  );
}
