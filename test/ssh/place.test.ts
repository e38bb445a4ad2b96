import { expect, it } from 'vitest';
import { SeenPlace } from '../../src/ssh/place.ts';

it('a place keeps where and when a message was complete', () => {
  expect({ ...new SeenPlace(3, 1.5e9, 40) }).toEqual({ packet: 3, timeNs: 1.5e9, endOffset: 40 });
});
