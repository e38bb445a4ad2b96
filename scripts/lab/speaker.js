// Speaks the clear part of SSH by hand, to do what no program does on request.
//
//   node speaker.js client|server PORT ADDRESS STEP …
//
// A step: say:TEXT · hex:BYTES · kexinit:{"cipherClientToServer":"…"} · message:NUMBER · disconnect:REASON:TEXT
//         wait:MS · await (bytes of the peer) · end · reset · hold (until the peer ends)
import { randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';

const OFFER = {
  kex: 'curve25519-sha256',
  hostKey: 'ssh-ed25519',
  cipherClientToServer: 'aes128-ctr',
  cipherServerToClient: 'aes128-ctr',
  macClientToServer: 'hmac-sha2-256',
  macServerToClient: 'hmac-sha2-256',
  compressionClientToServer: 'none',
  compressionServerToClient: 'none',
  languageClientToServer: '',
  languageServerToClient: '',
};

const [role, port, address, ...steps] = process.argv.slice(2);

const string = (text) => {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

// RFC 4253 §6
function packet(payload) {
  const padding = 16 - ((5 + payload.length + 4) % 8);
  const whole = Buffer.alloc(5 + payload.length + padding - 4);
  whole.writeUInt32BE(whole.length - 4, 0);
  whole[4] = padding - 4;
  payload.copy(whole, 5);
  return whole;
}

const DO = {
  say: (text) => Buffer.from(text),
  hex: (bytes) => Buffer.from(bytes, 'hex'),
  kexinit: (changes) =>
    packet(
      Buffer.concat([
        Buffer.from([20]),
        randomBytes(16),
        ...Object.values({ ...OFFER, ...JSON.parse(changes || '{}') }).map(string),
        Buffer.alloc(5),
      ]),
    ),
  message: (number) => packet(Buffer.concat([Buffer.from([Number(number)]), string('')])),
  disconnect: (rest) => {
    const [reason, ...text] = rest.split(':');
    return packet(
      Buffer.concat([Buffer.from([1, 0, 0, 0, Number(reason)]), string(text.join(':')), string('')]),
    );
  },
};

async function converse(socket) {
  let unread = 0;
  let wake = () => {};
  socket.on('error', (error) => console.error(error.message));
  socket.on('data', (bytes) => {
    unread += bytes.length;
    wake();
  });
  const ended = new Promise((resolve) => socket.on('close', resolve).on('end', resolve));
  for (const step of steps) {
    const [name, ...rest] = step.split(':');
    const value = rest.join(':');
    if (name === 'wait') await new Promise((resolve) => setTimeout(resolve, Number(value)));
    else if (name === 'await') {
      while (unread === 0 && !socket.readableEnded && !socket.destroyed) {
        await Promise.race([
          ended,
          new Promise((resolve) => {
            wake = resolve;
          }),
        ]);
      }
      unread = 0;
    } else if (name === 'end') socket.end();
    else if (name === 'reset') socket.resetAndDestroy();
    else if (name === 'hold') await ended;
    else socket.write(DO[name](value));
  }
  await ended;
  socket.end();
}

const allowHalfOpen = true;
if (role === 'client') {
  const socket = connect({ port: Number(port), host: address, allowHalfOpen }, () => converse(socket));
  socket.on('error', (error) => console.error(error.message));
} else createServer({ allowHalfOpen }, converse).listen(Number(port), address);
