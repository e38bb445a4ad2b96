import type { Argument, Option } from '@commander-js/extra-typings';

/** What the shell offers for an option's value or an argument: these words (in a list, between commas), or files. */
export type CompletionWords = 'files' | readonly string[];

const known = new WeakMap<object, CompletionWords>();

/** Notes what completes the value, beside the option or argument itself. */
export function completes<Target extends Option | Argument>(target: Target, words: CompletionWords): Target {
  known.set(target, words);
  return target;
}

export function completionWords(target: object): CompletionWords | undefined {
  return known.get(target);
}
