/** Causes that no single capture shows: only a comparison gives them. */
export interface JointCauseDefinition {
  /** API: never changes. */
  readonly id: JointCauseId;
  readonly title: string;
  /** The evidence it needs, for `explain`. */
  readonly needs: string;
  /** What it says of the session, for `explain`. */
  readonly says: string;
}

export type JointCauseId = 'closed-by-proxy' | 'fin-injected';

export const JOINT_CAUSES: readonly JointCauseDefinition[] = [
  {
    id: 'closed-by-proxy',
    title: 'A proxy between the ends closed by itself',
    needs:
      'two TCP connections with the same cookies in their KEXINITs, one at each capture, and the first FIN or RST of the four ends is one of the proxy',
    says: 'A TCP proxy or load balancer carries the session on two connections, and ended them before the client or the server had: mostly its time-out for quiet connections.',
  },
  {
    id: 'fin-injected',
    title: 'A device between the ends forged the FIN',
    needs:
      'a FIN at the capture nearer to the receiver that the one nearer to the sender does not hold, while that one is whole or the sender went on talking',
    says: 'The side in whose name the session was closed never closed it: a firewall or load balancer on the way did, and says between which captures.',
  },
];
