import { expect, it } from 'vitest';
import { attachment } from '../../src/tickets/ticket-content.ts';

it("An attachment's name tells its content, and holds nothing that a path or a header could stumble over.", () => {
  const one = attachment('../a b"\r\n/ü', 'html', 'text/html', 'x', Buffer.from('abc'));
  expect(one.name).toBe('..-a-b-.ba7816bf8f01.html');
  expect(one.sha256).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(attachment('a', 'html', 'text/html', 'x', Buffer.from('abd')).name).not.toContain('ba7816bf8f01');
  expect(attachment('x'.repeat(500), 'html', 'text/html', 'x', Buffer.from('')).name.length).toBeLessThan(
    120,
  );
});
