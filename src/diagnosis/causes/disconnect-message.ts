import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';

export const disconnectMessage: CauseDefinition = {
  id: 'disconnect-message',
  title: 'One side said why it left',
  fates: ['close-during-kex', 'fin-after-banner', 'rst-after-banner', 'close-during-auth', 'closed-midway'],
  needs: 'SSH_MSG_DISCONNECT in clear (before NEWKEYS)',
  says: 'Its reason code by name, and its text.',
  diagnose(record) {
    if (record.disconnect === undefined) return undefined;
    const entry = entryOf(record, 'SSH_MSG_DISCONNECT');
    if (entry === undefined) return undefined;
    const reason = record.disconnect.find((d) => d.from === entry.from);
    const name = reason?.reasonName ?? `reason code ${reason?.reasonCode ?? '?'}`;
    const text = entry.detail ? `: "${entry.detail}"` : '';
    return {
      confidence: 'certain',
      summary: `The ${entry.from} disconnected with ${name}${text}.`,
      evidence: evidence([[entry, `SSH_MSG_DISCONNECT, ${name}${text}`]]),
      nextSteps: [
        entry.from === 'server'
          ? "On the server: look at sshd's log at that second; it names the reason again"
          : 'On the client: run it again with -vvv; it names the reason again',
      ],
    };
  },
};
