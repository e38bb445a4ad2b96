import { describe, expect, test } from 'vitest';
import { explain, explainMessage } from '../../src/cli/explain.ts';
import { readMessage } from '../../src/cli/message-option.ts';
import { JOINT_CAUSES } from '../../src/compare/joint-causes.ts';
import { CAUSES } from '../../src/diagnosis/catalogue.ts';
import { PATTERNS } from '../../src/diagnosis/patterns/catalogue.ts';
import { ENDINGS, FATES, STAGES } from '../../src/fate/vocabulary.ts';
import { displayWidth } from '../../src/report/layout.ts';
import { memoryTerminal } from './memory-terminal.ts';

function explained(word?: string, columns = 80): string {
  const terminal = memoryTerminal({ columns });
  explain(word, true, terminal);
  return terminal.stdout.text;
}

describe('explain', () => {
  test('prints the definition of a fate with the causes that are told and what a client prints', () => {
    const text = explained('close-during-kex');
    expect(text).toContain('close-during-kex: closed during the key exchange');
    expect(text).toContain('A KEXINIT was sent, and the connection was closed (FIN or RST) before both');
    expect(text).toContain('It is given for: stage kex, ending fin; stage kex, ending rst.');
    expect(text).toContain('- no-common-kex: ');
    expect(text).toContain('- Host key verification failed.');
  });
  test('knows every fate, cause, stage and ending', () => {
    for (const word of [
      ...FATES,
      ...CAUSES.map(({ id }) => id),
      ...JOINT_CAUSES.map(({ id }) => id),
      ...PATTERNS.map(({ id }) => id),
      ...STAGES,
      ...ENDINGS,
      'exit-codes',
    ]) {
      const text = explained(word);
      if (word !== 'exit-codes') expect(text.startsWith(word)).toBe(true);
    }
  });
  test('says of a cause that only a comparison tells how to come by it', () => {
    expect(explained('fin-injected')).toContain('sshfate compare CLIENT.pcap SERVER.pcap');
  });
  test('says of every fate where it is given', () => {
    for (const fate of FATES) expect(explained(fate)).toMatch(/It is given for: \S/);
  });
  test('prints the table that judges, and all words, without one', () => {
    const text = explained();
    for (const word of [
      ...FATES,
      ...CAUSES.map(({ id }) => id),
      ...JOINT_CAUSES.map(({ id }) => id),
      ...PATTERNS.map(({ id }) => id),
      ...STAGES,
      ...ENDINGS,
    ]) {
      expect(text).toMatch(new RegExp(`^  ${word} `, 'm'));
    }
    expect(text).toMatch(/^kex +close-during-kex +close-during-kex +icmp-during-kex +stalled-during-/m);
    expect(text).toMatch(/^syn +undetermined +rst-after-syn +icmp-after-syn +no-syn-ack$/m);
    expect(text).toMatch(/^ +syn-abandoned$/m);
  });
  test('says what its words of certainty mean', () => {
    expect(explained('likely')).toBe('likely: Of a cause: the packets fit nothing else well.\n');
    expect(explained('inferred')).toContain('Of a fate: a part of it is told from sizes and times');
    expect(explained()).toMatch(/^ {2}certain +Of a cause: the packets say so\.$/m);
  });
  test('keeps within the width', () => {
    for (const word of [
      undefined,
      ...FATES,
      ...CAUSES.map(({ id }) => id),
      ...JOINT_CAUSES.map(({ id }) => id),
    ]) {
      for (const line of explained(word).split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
    }
  });
  test('refuses an unknown word and names the nearest', () => {
    expect(() => explained('close-during-key')).toThrow(
      "'close-during-key' is no fate, cause, pattern, stage or ending. Did you mean close-during-kex?",
    );
  });
});

describe('explain --message', () => {
  function told(text: string, release?: string, columns = 80): string {
    const terminal = memoryTerminal({ columns, readStdin: () => 'Connection reset by 10.0.0.1 port 22' });
    explainMessage(readMessage(text, release, terminal), true, terminal);
    return terminal.stdout.text;
  }
  test('lists the fates that fit and what tells them apart', () => {
    const text = told('Connection closed by 10.0.0.1 port 22', '9.2');
    expect(text).toContain('- The client is OpenSSH 9.2.');
    expect(text).toContain('- close-during-kex: closed during the key exchange');
    expect(text).toContain('A KEXINIT was sent');
    expect(text).not.toContain('fin-before-banner');
    expect(told('Connection closed by 10.0.0.1 port 22', '9.6')).toContain('- fin-before-banner: ');
  });
  test('reads standard input', () => {
    expect(told('-')).toContain('- rst-after-banner: ');
  });
  test('obeys nothing that was pasted, and keeps within the width', () => {
    const text = told('\x1b[31mConnection closed by \x1b]0;owned\x07 port 22 \u202e');
    for (const hostile of ['\x1b', '\x07', '\u202e']) expect(text).not.toContain(hostile);
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });
  test('says when nothing of it reaches the network', () => {
    expect(told('ssh: Could not resolve hostname x: Name or service not known')).toContain(
      'No fate fits: nothing of it reaches the network.',
    );
  });
  test('refuses what no client is known to print', () => {
    expect(() => told('Segmentation fault')).toThrow('--message: No line of it is known.');
    expect(() => told(' ')).toThrow('--message: The text is empty.');
  });
});
