import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonBytes, literals, phrase } from '../../src/report/json-bytes.ts';

function written(write: (json: JsonBytes) => void): string {
  const json = new JsonBytes();
  write(json);
  return new TextDecoder().decode(json.view());
}

describe('JsonBytes', () => {
  test('writes every number that parses back to itself, integers and milliseconds as JSON.stringify does', () => {
    for (const value of [
      0, 1, 9, 10, 99, 100, 999_999_999, 1e9, 0.5, 0.000001, 0.1, 123.456, 999_999_999.999999, 1e-7, -1, 1e21,
    ])
      expect(written((json) => json.number(value))).toBe(JSON.stringify(value));
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(written((json) => json.number(value))).toBe(JSON.stringify(value));
      }),
    );
    fc.assert(
      fc.property(fc.nat({ max: 1e9 }), fc.nat({ max: 6 }), (value, decimals) => {
        expect(written((json) => json.number(value / 10 ** decimals))).toBe(
          JSON.stringify(value / 10 ** decimals),
        );
      }),
    );
  });
  test('writes text with and without characters that JSON must escape', () => {
    expect(written((json) => json.text('plain'))).toBe('"plain"');
    expect(written((json) => json.text('a"b\\c\n\xe9'))).toBe('"a\\"b\\\\c\\n\\u00e9"');
  });
  test('writes a word with its surroundings, again and again', () => {
    const place = phrase(',"a":', '}');
    const twice = (json: JsonBytes) => {
      json.word(place, 'x"');
      json.word(place, 'x"');
    };
    expect(written(twice)).toBe(',"a":"x\\""},"a":"x\\""}');
  });
  test('keeps a bounded number of words', () => {
    const place = phrase('');
    const json = new JsonBytes();
    for (let i = 0; i < 10_000; i++) {
      json.clear();
      json.word(place, `word ${i}`);
      expect(new TextDecoder().decode(json.view())).toBe(`"word ${i}"`);
    }
    expect(place.known.size).toBeLessThan(2000);
  });
  test('writes a shared object once and copies it then', () => {
    const shared = { a: ['\x1b', 1] };
    const twice = (json: JsonBytes) => {
      json.shared(shared);
      json.shared(shared);
    };
    expect(written(twice)).toBe('{"a":["\\u001b",1]}{"a":["\\u001b",1]}');
  });
  test('grows for what is larger than its buffer', () => {
    const { big } = literals({ big: 'x'.repeat(300_000) });
    const text = written((json) => {
      json.raw(big);
      json.text('y'.repeat(300_000));
      json.number(7);
      json.boolean(true);
    });
    expect(text).toBe(`${'x'.repeat(300_000)}"${'y'.repeat(300_000)}"7true`);
  });
});
