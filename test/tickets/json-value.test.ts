import { expect, it } from 'vitest';
import { at, idAt, listAt, numberAt, textAt } from '../../src/tickets/json-value.ts';

it('What is there is found, and anything else is undefined: a hostile answer throws nothing.', () => {
  const value = { a: [{ id: 7, text: 'x', big: 2 ** 60, no: '' }], n: null };
  expect(at(value, 'a', 0, 'id')).toBe(7);
  expect(idAt(value, 'a', 0, 'id')).toBe('7');
  expect(idAt(value, 'a', 0, 'text')).toBe('x');
  expect(numberAt(value, 'a', 0, 'id')).toBe(7);
  expect(listAt(value, 'a')).toHaveLength(1);
  for (const path of [
    ['b'],
    ['n', 'x'],
    ['a', 1],
    ['a', 'length', 'x'],
    ['__proto__'],
    ['a', 0, 'toString'],
  ]) {
    expect(at(value, ...path)).toBeUndefined();
  }
  expect(idAt(value, 'a', 0, 'big')).toBeUndefined();
  expect(idAt(value, 'a', 0, 'no')).toBeUndefined();
  expect(textAt(value, 'a')).toBeUndefined();
  expect(listAt(value, 'n')).toEqual([]);
  expect(listAt(undefined)).toEqual([]);
});
