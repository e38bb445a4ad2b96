import type { DeviceEvents, DeviceKey, ScreenDevice } from '../../src/cli/full-screen.ts';
import type { FrameSize } from '../../src/report/live-frame.ts';

export interface FakeScreen extends ScreenDevice {
  /** All that was written, in order. */
  readonly written: string[];
  isRaw: boolean;
  isListening: boolean;
  current: FrameSize;
  /** Writes wait until it is called. */
  stall(): () => void;
  /** Writes fail from now on. */
  goAway(): void;
  press(key: DeviceKey): void;
  resize(size: FrameSize): void;
}

/** A terminal in memory. */
export function fakeScreen(): FakeScreen {
  let events: DeviceEvents | undefined;
  let stalled: Promise<void> | undefined;
  let isGone = false;
  const take = (text: string): void => {
    if (isGone) throw new Error('EIO');
    self.written.push(text);
  };
  const self: FakeScreen = {
    written: [],
    isRaw: false,
    isListening: false,
    current: { width: 80, height: 24 },
    size: () => self.current,
    async write(text) {
      take(text);
      await stalled;
    },
    writeNow: take,
    listen(theirs) {
      events = theirs;
      self.isListening = true;
      return () => {
        events = undefined;
        self.isListening = false;
      };
    },
    setRaw(isRaw) {
      self.isRaw = isRaw;
    },
    stall() {
      let goOn = (): void => {};
      stalled = new Promise((resolve) => {
        goOn = resolve;
      });
      return () => {
        stalled = undefined;
        goOn();
      };
    },
    goAway() {
      isGone = true;
    },
    press: (key) => events?.onKey(key),
    resize(size) {
      self.current = size;
      events?.onResize();
    },
  };
  return self;
}
