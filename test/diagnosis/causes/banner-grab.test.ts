import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, identified, Scene, SERVER_LINE } from '../../session/scene.ts';
import { kexInit, NEWKEYS, packet, reply } from '../../ssh/wire.ts';

describe('banner-grab', () => {
  it('is certain when the client left without a byte', () => {
    const record = new Scene().connect().says('server', SERVER_LINE).fin('client').end();
    expect(record.cause).toMatchObject({ id: 'banner-grab', confidence: 'certain' });
  });

  it('is only likely when the client identified itself, unless it is a scanner by its own word', () => {
    expect(identified().fin('client').end().cause).toMatchObject({ id: 'banner-grab', confidence: 'likely' });
    const scan = new Scene()
      .connect()
      .says('server', SERVER_LINE)
      .says('client', 'SSH-2.0-OpenSSH-keyscan\r\n');
    expect(scan.fin('client').end().cause).toMatchObject({ id: 'banner-grab', confidence: 'certain' });
  });

  it('is certain for a scanner that went on to the key exchange, with the key that it took', () => {
    const scan = new Scene()
      .connect()
      .says('client', 'SSH-2.0-OpenSSH-keyscan\r\n')
      .says('server', SERVER_LINE)
      .says('client', kexInit())
      .says('server', kexInit())
      .says('client', packet(30, Buffer.alloc(36)))
      .says('server', Buffer.concat([reply(), NEWKEYS]));
    const record = scan.fin('client').end();
    expect(record.cause).toMatchObject({ id: 'banner-grab', confidence: 'certain' });
    expect(record.cause?.summary).toContain(record.server.hostKey?.fingerprint);
  });

  it('is likely when the client sent a part of an identification string, which the record shows', () => {
    const scene = new Scene().connect().says('server', SERVER_LINE);
    for (const byte of 'SSH-2') scene.says('client', byte);
    const record = scene.fin('client').end();
    expect(record.fate).toBe('fin-after-banner');
    expect(record.client.text).toEqual(['SSH-2']);
    expect(record.cause).toMatchObject({ id: 'banner-grab', confidence: 'likely' });
    expect(record.cause?.summary).toContain('"SSH-2", a part of an identification string');
    expect(record.nextCapture).toBeUndefined();
    const other = new Scene()
      .connect()
      .says('server', SERVER_LINE)
      .says('client', 'hello')
      .fin('client')
      .end();
    expect(other.client.text).toEqual(['hello']);
    expect(other.cause?.id).not.toBe('banner-grab');
  });

  it('is not claimed when the server closed', () => {
    expect(identified().fin('server').end().cause?.id).not.toBe('banner-grab');
    const silent = new Scene()
      .connect()
      .says('client', CLIENT_LINE)
      .says('server', SERVER_LINE)
      .rst('server');
    expect(silent.end().cause?.id).not.toBe('banner-grab');
  });
});
