import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findCaptures } from '../../src/capture/find-captures.ts';
import { content, joined, pcap, pcapngBlocks } from './building.ts';
import { withoutRoot } from './without-root.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-captures-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (...names: readonly string[]): string => join(folder, ...names);

function put(name: string, bytes: Uint8Array | string = pcap({}, {})): void {
  mkdirSync(join(at(name), '..'), { recursive: true });
  writeFileSync(at(name), bytes);
}

test('a folder is replaced by the captures in it and below it, sorted, told by their content', async () => {
  put('b/later.pcap');
  put('b/earlier.txt', pcapngBlocks().section());
  put('a.gz', gzipSync(pcap({}, { bytes: content(60_000) })));
  put('c', pcap({ littleEndian: false, magic: 0xa1b23c4d }));
  put('B');
  put('notes.pcap', 'not a capture at all');
  put('text.gz', gzipSync('not a capture either'));
  put('broken.gz', joined(Uint8Array.of(0x1f, 0x8b, 8), content(40)));
  put('empty.pcap', '');
  expect(await findCaptures([folder])).toEqual({
    captures: ['B', 'a.gz', 'b/earlier.txt', 'b/later.pcap', 'c'].map((name) => at(name)),
    problems: [],
  });
});

test('what is named is passed on as it is, whatever it is', async () => {
  put('notes.txt', 'text');
  const paths = ['-', at('notes.txt'), at('missing.pcap'), '', 'a\0b', at('notes.txt')];
  expect(await findCaptures(paths)).toEqual({ captures: paths, problems: [] });
});

test('the order of the arguments is kept', async () => {
  put('one/x.pcap');
  put('two/y.pcap');
  const { captures } = await findCaptures([at('two'), '-', at('one')]);
  expect(captures).toEqual([at('two', 'y.pcap'), '-', at('one', 'x.pcap')]);
});

test('a folder without a capture is a problem', async () => {
  put('in/notes.txt', 'text');
  const { captures, problems } = await findCaptures([at('in'), '-']);
  expect(captures).toEqual(['-']);
  expect(problems).toEqual([
    expect.objectContaining({ name: 'CaptureError', code: 'empty', input: at('in') }),
  ]);
  expect(problems[0]?.message).toMatch(/^There is no capture in the folder '.*'\. Name .*\.$/);
});

describe('symbolic links', () => {
  test('that lead back to a folder above end the walk', async () => {
    put('in/x.pcap');
    symlinkSync('..', at('in', 'loop'));
    symlinkSync('self', at('in', 'self'));
    const { captures, problems } = await findCaptures([at('in')]);
    expect(captures).toEqual([at('in', 'x.pcap')]);
    expect(problems).toEqual([]);
  });

  test('to a capture outside are followed, and a second name for a capture is left out', async () => {
    put('x.pcap');
    put('in/2024.pcap');
    symlinkSync(at('x.pcap'), at('in', 'outside.pcap'));
    symlinkSync('2024.pcap', at('in', 'latest.pcap'));
    symlinkSync('gone.pcap', at('in', 'dangling.pcap'));
    expect(await findCaptures([at('in')])).toEqual({
      captures: [at('in', '2024.pcap'), at('in', 'outside.pcap')],
      problems: [],
    });
  });
});

test('a folder named twice gives its captures once', async () => {
  put('in/below/x.pcap');
  expect(await findCaptures([at('in'), at('in'), at('in', 'below')])).toEqual({
    captures: [at('in', 'below', 'x.pcap')],
    problems: [],
  });
});

test('a FIFO in a folder is not waited for', async () => {
  put('in/x.pcap');
  execFileSync('mkfifo', [at('in', 'a-fifo')]);
  expect((await findCaptures([at('in')])).captures).toEqual([at('in', 'x.pcap')]);
});

test('a deep tree of folders is no deeper than the list of what is left', async () => {
  let path = 'in';
  for (let depth = 0; depth < 300; depth++) path += '/d';
  put(`${path}/x.pcap`);
  expect((await findCaptures([at('in')])).captures).toEqual([at(path, 'x.pcap')]);
});

test('what may not be read is a problem', async () => {
  put('in/x.pcap');
  put('in/secret.pcap');
  put('in/closed/y.pcap');
  chmodSync(folder, 0o755);
  chmodSync(at('in', 'secret.pcap'), 0);
  chmodSync(at('in', 'closed'), 0);
  const { captures, problems } = await withoutRoot(() => findCaptures([at('in')]));
  expect(captures).toEqual([at('in', 'x.pcap')]);
  expect(problems.map((problem) => [problem.code, problem.input])).toEqual([
    ['no-permission', at('in', 'closed')],
    ['no-permission', at('in', 'secret.pcap')],
  ]);
  chmodSync(at('in', 'closed'), 0o700);
});
