import type { Api } from './api.ts';
import { noteText } from './markup/plain-text.ts';
import { basicOr, type OpenTicket, type TicketSystem } from './ticket-system.ts';

/**
 * Anything that takes a POST: one JSON document with the text and the files in it, `sshfate/ticket@1`. Nothing can be
 * read back, so a repeated run sends it again; `key` and `content` (and the header Idempotency-Key) let the receiver
 * tell a repetition and an update from something new.
 */
export const webhook: TicketSystem = {
  title: 'Webhook',
  ticket: { example: '1234', pattern: /^[\x21-\x7e]{1,200}$/ },
  variable: 'SSHFATE_WEBHOOK',
  credential: { example: 'a bearer token, or USER:PASSWORD', isOptional: true },
  isAddressSecret: true,
  headers: (credential) =>
    credential === undefined ? {} : basicOr(credential, (token) => ({ Authorization: `Bearer ${token}` })),
  open: async (api, ticket) => receiver(api, ticket),
};

/** Nobody knows what the receiver takes; this is what fits a request of 32 MiB. */
const MAXIMUM_FILES_BYTES = 16 * 1024 * 1024;
const MAXIMUM_CHARACTERS = 1_000_000;

function receiver(api: Api, ticket: string): OpenTicket {
  return {
    name: `'${ticket}'`,
    markup: noteText,
    maximumComment: MAXIMUM_CHARACTERS,
    maximumAttachment: MAXIMUM_FILES_BYTES,
    attaching: 'with-comment',
    findComment: async () => undefined,
    attached: async () => new Map(),
    async addComment({ body, marker, files }) {
      await api.sendOnce(
        {
          method: 'POST',
          path: '',
          headers: { 'Idempotency-Key': `${marker.key}-${marker.content}` },
          body: {
            kind: 'json',
            value: {
              schema: 'sshfate/ticket@1',
              ticket,
              key: marker.key,
              content: marker.content,
              text: body,
              attachments: files.map(({ name, type, bytes, sha256 }) => ({
                name,
                type,
                size: bytes.length,
                sha256,
                base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
              })),
            },
          },
          to: 'take the findings',
          isAnswerIgnored: true,
        },
        () => true,
      );
    },
  };
}
