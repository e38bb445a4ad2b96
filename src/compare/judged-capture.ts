import type { PlacedSession, RecordedCapture } from './compare-sessions.ts';
import type { Member } from './leg.ts';
import type { Matchable } from './match.ts';
import { mode } from './order.ts';
import { spanOf } from './packet-log.ts';
import { FROM_CLIENT, FROM_SERVER } from './trace.ts';
import { hops } from './vantage.ts';

/** What a verdict must know of a capture as a whole. */
export interface JudgedCapture {
  readonly name: string;
  /** Its name in sentences. */
  readonly label: string;
  readonly iso: (timeNs: number) => string;
  /** First and last packet on the common clock; undefined for a capture without packets. */
  readonly startNs: number | undefined;
  readonly endNs: number | undefined;
  /** Packets of which it can be told that they passed it, and that it holds. */
  readonly held: number;
  /** Packets that passed it and that it does not hold, and their part of all of which that can be told. */
  readonly missed: number;
  readonly missedShare: number;
  /** Servers' addresses of sessions that it shares with another capture, by its own addresses and by all. */
  readonly servers: ReadonlySet<string>;
  readonly metServers: ReadonlySet<string>;
  /** Routers from it to a host, by all of its sessions with that address; undefined where it has no packet of it that tells. */
  readonly hopsTo: (address: string) => number | undefined;
}

/** How much each capture misses of what passed it. */
export function judgedCaptures(
  captures: readonly RecordedCapture[],
  placed: readonly PlacedSession[],
  times: readonly { readonly toCommon: (timeNs: number) => number }[],
): readonly JudgedCapture[] {
  const missed = captures.map(() => 0);
  const held = captures.map(() => 0);
  const count = (counts: number[], { capture }: Member, by: number): void => {
    counts[capture] = (counts[capture] ?? 0) + by;
  };
  for (const { legs } of placed) {
    for (const one of legs) {
      for (const { sender, receiver, pairs, gone, extra } of one?.by ?? []) {
        const { log } = sender.session.trace;
        const telling = pairs.filter(
          ({ a }) => spanOf(log.flags[a] as number, log.length[a] as number) > 0,
        ).length;
        count(held, sender, telling);
        count(held, receiver, telling);
        count(missed, receiver, gone.filter(({ kind }) => kind === 'missed').length);
        // Devices forge resets, hardly ever acknowledgements.
        const own = extra.filter(({ kind, outside }) => !outside && (kind === 'missed' || kind === 'untold'));
        count(missed, sender, own.length);
      }
    }
  }
  return captures.map(({ name, epochNs, lastTimeNs, iso }, n) => {
    const [lost, seen] = [missed[n] ?? 0, held[n] ?? 0];
    const toCommon = times[n]?.toCommon ?? ((timeNs: number) => timeNs);
    return {
      ...{ name, iso, label: labelOf(name, captures) },
      startNs: epochNs === undefined ? undefined : toCommon(0),
      endNs: epochNs === undefined ? undefined : toCommon(lastTimeNs),
      held: seen,
      missed: lost,
      missedShare: lost === 0 ? 0 : lost / (lost + seen),
      servers: new Set(
        placed.flatMap(({ members }) =>
          members.length < 2
            ? []
            : members.filter(({ capture }) => capture === n).map(({ session }) => serverOf(session)),
        ),
      ),
      metServers: new Set(
        placed.flatMap(({ members }) =>
          members.some(({ capture }) => capture === n) ? members.map(({ session }) => serverOf(session)) : [],
        ),
      ),
      hopsTo: distances(placed, n),
    };
  });
}

/** Counted when first asked for: few verdicts ask. */
function distances(placed: readonly PlacedSession[], capture: number): JudgedCapture['hopsTo'] {
  let known: ReadonlyMap<string, number | undefined> | undefined;
  const count = (): ReadonlyMap<string, number | undefined> => {
    const found = new Map<string, number[]>();
    const note = (address: string, distance: number | undefined): void => {
      if (distance === undefined) return;
      const others = found.get(address);
      if (others === undefined) found.set(address, [distance]);
      else others.push(distance);
    };
    for (const { members } of placed) {
      for (const member of members) {
        if (member.capture !== capture) continue;
        const { client, server } = member.session.trace.view;
        note(client.address, hops(member, FROM_CLIENT));
        note(server.address, hops(member, FROM_SERVER));
      }
    }
    return new Map([...found].map(([address, all]) => [address, mode(all)]));
  };
  return (address) => {
    known ??= count();
    return known.get(address);
  };
}

/** The last part of a path, where it is enough to tell the captures apart. */
function labelOf(name: string, captures: readonly RecordedCapture[]): string {
  const last = (path: string): string => path.split(/[/\\]/).at(-1) || path;
  return captures.filter((other) => last(other.name) === last(name)).length > 1 ? name : last(name);
}

const serverOf = ({ trace }: Matchable): string => trace.view.server.address;

/** So few packets may be missing that what a capture does not hold did not pass it. */
const WHOLE_SHARE = 0;
/** With more, nothing is said of single packets that are not there. */
export const NEARLY_WHOLE_SHARE = 0.005;

export const isWhole = ({ missedShare }: JudgedCapture): boolean => missedShare <= WHOLE_SHARE;
