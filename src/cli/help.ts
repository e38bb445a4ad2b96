import type { AddHelpTextContext } from '@commander-js/extra-typings';
import { padEnd, wrap } from '../report/layout.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** Sections below the options of a command's help. */
export function helpSection(heading: string, lines: readonly string[]): string {
  return `\n${heading}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

export function exitCodesHelp(): (context: AddHelpTextContext) => string {
  return ({ command }) => {
    const width = (command.configureOutput().getOutHelpWidth?.() ?? 80) - INDENT;
    const lines = Object.values(EXIT_CODES).flatMap(({ code, meaning }) =>
      wrap(meaning, width).map((line, i) => `${padEnd(i === 0 ? String(code).padStart(3) : '', 3)}  ${line}`),
    );
    return helpSection('Exit codes', lines);
  };
}

/** Of the meanings: both indents and the number. */
const INDENT = 7;
