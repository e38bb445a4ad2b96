import type { PlacedSession, RecordedCapture } from './compare-sessions.ts';
import type { JudgedCapture } from './judged-capture.ts';

/** Sessions that are in several captures are few when less than this part of the smaller capture's is. */
const FEW = 0.5;
const TELLING_SHARE = 0.001;

/** What to check before anything is believed; nothing where the captures go together. */
export function hints(
  captures: readonly RecordedCapture[],
  placed: readonly PlacedSession[],
  judged: readonly JudgedCapture[],
): readonly string[] {
  const texts: string[] = [];
  for (const [n, { traces, epochNs }] of captures.entries()) {
    const name = judged[n]?.label ?? '';
    if (epochNs === undefined) {
      texts.push(
        `${name} holds no packet: check that it was taken on the way of these sessions, on the right interface and with the right filter, and that it ran at that time.`,
      );
    } else if (traces.length === 0) {
      texts.push(
        `${name} holds packets, but no session: check its filter and the port (--port, or --any-port).`,
      );
    }
  }
  const matched = placed.filter(({ members }) => members.length > 1).length;
  const fewest = Math.min(...captures.map(({ traces }) => traces.length));
  if (fewest > 0 && matched === 0) {
    texts.push(
      'No session is in more than one of these captures. Check that they were taken at the same time, on the way of the same sessions; that both watch the ports that the sessions have there (--port, behind a translation also the other one); and that the snap length leaves the TCP headers.',
    );
  } else if (matched < fewest * FEW) {
    texts.push(
      `Only ${matched} of ${fewest} sessions are in more than one capture: they may have been taken at different times, or on the way of some of the sessions only.`,
    );
  }
  for (const { label, missed, missedShare } of judged) {
    if (missedShare < TELLING_SHARE) continue;
    texts.push(
      `${label} is incomplete: it misses ${missed} packets (${(missedShare * 100).toFixed(missedShare < 0.01 ? 2 : 0)} %) that passed it, because TCP acknowledged what they brought. Whoever captured dropped them, not the path; take it again with a larger buffer (tcpdump -B 65536) or a filter.`,
    );
  }
  return texts;
}
