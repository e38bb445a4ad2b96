import type { Argument, Option } from '@commander-js/extra-typings';

/**
 * What the shell offers for an option's value or an argument: files, network interfaces, one of some words, or a list of
 * them with commas.
 */
export type CompletionWords =
  | 'files'
  | 'interfaces'
  | { readonly words: readonly string[]; readonly list: boolean };

const known = new WeakMap<object, CompletionWords>();

/** Notes what completes the value, beside the option or argument itself. */
export function completesFiles<Target extends Option | Argument>(target: Target): Target {
  known.set(target, 'files');
  return target;
}

export function completesInterfaces<Target extends Option | Argument>(target: Target): Target {
  known.set(target, 'interfaces');
  return target;
}

export function completesWord<Target extends Option | Argument>(
  target: Target,
  words: readonly string[],
): Target {
  known.set(target, { words, list: false });
  return target;
}

export function completesList<Target extends Option | Argument>(
  target: Target,
  words: readonly string[],
): Target {
  known.set(target, { words, list: true });
  return target;
}

export function completionWords(target: object): CompletionWords | undefined {
  return known.get(target);
}
