import { describe, expect, it } from 'vitest';
import { MAX_ANSWER_BYTES } from '../../src/tickets/fetch-transport.ts';
import { TicketError } from '../../src/tickets/ticket-error.ts';
import type { TicketSystem } from '../../src/tickets/ticket-system.ts';
import type { FakeSystem, Route, SeenRequest } from './fake-system.ts';
import { type Published, publishTo } from './publishing.ts';

export interface TroubledSystem {
  readonly system: TicketSystem;
  readonly ticket: string;
  readonly fake: () => FakeSystem;
  /** The request that writes the comment. */
  readonly isComment: (request: SeenRequest) => boolean;
  /** What stands on the ticket in the end. */
  readonly comments: () => readonly string[];
  /** Repeating cannot be checked: nothing can be read back. */
  readonly isBlind?: boolean;
}

const SECRET = 'Very-Secret-Token-42';

/** What every system must cope with: troubles of the reading and of the writing, and never a second comment. */
export function itCopesWithTroubles({
  system,
  ticket,
  fake,
  isComment,
  comments,
  isBlind,
}: TroubledSystem): void {
  const go = (options: Parameters<typeof publishTo>[2] = {}): Promise<Published> =>
    publishTo(system, fake().url, { ticket, credential: SECRET, ...options });
  const failure = async (options: Parameters<typeof publishTo>[2] = {}): Promise<TicketError> => {
    try {
      await go(options);
    } catch (error) {
      if (error instanceof TicketError) return error;
      throw error;
    }
    throw new Error('it worked');
  };
  const onComment =
    (answer: ReturnType<Route>, times = 1): Route =>
    (request) =>
      isComment(request) && times-- > 0 ? answer : undefined;
  const commentsSent = (): number => fake().seen.filter(isComment).length;

  describe('in trouble', () => {
    it.each([
      [401, 'unauthorized'],
      [403, 'forbidden'],
      [404, 'not-found'],
      [413, 'too-large'],
      [422, 'refused'],
      [400, 'refused'],
    ] as const)(
      'takes a %i for an answer: it is not sent again, and what was said is told',
      async (status, problem) => {
        fake().trouble = onComment({
          status,
          json: { message: `no: \u001b[31m ${SECRET} ${'x'.repeat(5000)}` },
        });
        const error = await failure();
        expect(error.problem).toBe(problem);
        expect(error.message).toContain(`${system.title} at http://127.0.0.1:`);
        expect(error.message).toContain(`answered ${status}`);
        expect(error.message).toContain('no: \u001b[31m ***');
        expect(error.message).not.toContain(SECRET);
        expect(error.message.length).toBeLessThan(900);
        expect(commentsSent()).toBe(1);
      },
    );
    it('waits as long as a 429 asks for, then writes', async () => {
      fake().trouble = onComment({ status: 429, headers: { 'retry-after': '7' }, text: '' }, 2);
      const { waitsMs, outcome } = await go();
      expect(waitsMs).toEqual([7000, 7000]);
      expect(outcome.comment).toBe('added');
      expect(comments()).toHaveLength(1);
    });
    it('gives up at once when a 429 asks for more time than there is', async () => {
      fake().trouble = onComment({ status: 429, headers: { 'retry-after': '3600' } });
      expect((await failure()).problem).toBe('too-many-requests');
      expect(commentsSent()).toBe(1);
    });
    it('reads again after a 503 and a cut connection', async () => {
      const answers = [{ status: 503, text: 'busy' }, { cut: true }];
      fake().trouble = (request) => (request.method === 'GET' ? answers.shift() : undefined);
      expect((await go()).outcome.comment).toBe('added');
    });
    it.each([
      ['a 502', { status: 502, text: '<html><title>Bad gateway</title></html>' }],
      ['a cut connection', { cut: true }],
    ])('writes once when the comment was not written, said with %s', async (_, answer) => {
      fake().trouble = onComment(answer);
      if (isBlind) {
        expect(['out-of-order', 'unreachable']).toContain((await failure()).problem);
        expect(commentsSent()).toBe(1);
        return;
      }
      expect((await go()).outcome.comment).toBe('added');
      expect(commentsSent()).toBe(2);
      expect(comments()).toHaveLength(1);
    });
    if (!isBlind)
      it('writes once when the comment was written and only the answer failed', async () => {
        let isTrouble = true;
        fake().trouble = (request) => {
          if (!isComment(request) || !isTrouble) return undefined;
          isTrouble = false;
          fake().trouble = undefined;
          // Its own routes have taken the comment by the time the connection is cut.
          fake().route(request);
          return { cut: true };
        };
        expect((await go()).outcome.comment).toBe('added');
        expect(commentsSent()).toBe(1);
        expect(comments()).toHaveLength(1);
      });
    it('does not write again what may still be written, when the answer takes too long', async () => {
      fake().trouble = onComment({ afterMs: 20_000 });
      const error = await failure({ timeoutMs: 1_500 });
      expect(error.problem).toBe('timed-out');
      expect(commentsSent()).toBe(1);
    });
    it('takes no page for an answer', async () => {
      fake().trouble = (request) =>
        request.method === 'GET' || isBlind
          ? { text: `<html><b>Sign in</b> ${SECRET}`, headers: { 'content-type': 'text/html' } }
          : undefined;
      if (isBlind) {
        expect((await go()).outcome.comment).toBe('added');
        return;
      }
      const error = await failure();
      expect(error.problem).toBe('unexpected-answer');
      expect(error.message).toContain('it is not JSON but text/html, "<html><b>Sign in</b> ***"');
    });
    it('stops reading an answer that does not end', async () => {
      fake().trouble = () => ({ endless: ' '.repeat(1024 * 1024) });
      const error = await failure();
      expect(error.problem).toBe('unexpected-answer');
      expect(error.message).toContain('the answer does not end');
      expect(MAX_ANSWER_BYTES).toBeLessThan(64 * 1024 * 1024);
    });
    it('follows no redirect to another address with the credential', async () => {
      fake().trouble = () => ({ status: 307, headers: { location: 'http://127.0.0.2:9/elsewhere?token=x' } });
      const error = await failure();
      expect(error.problem).toBe('redirected');
      expect(error.message).toContain('http://127.0.0.2:9/elsewhere, where the credential is not sent');
      expect(fake().seen).toHaveLength(1);
    });
  });
}
