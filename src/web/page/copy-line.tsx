import { useState } from 'preact/hooks';
import { shown } from './words.ts';

/** A line to be typed elsewhere, with a button that copies it. */
export function CopyLine({ text }: { readonly text: string }) {
  return (
    <div class="copy">
      <pre>
        <code>{shown(text)}</code>
      </pre>
      <CopyButton text={shown(text)} label="Copy" isSmall />
    </div>
  );
}

export interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
  readonly isSmall?: boolean;
}

export function CopyButton({ text, label, isSmall }: CopyButtonProps) {
  const [said, setSaid] = useState<string>();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      // Without TLS browsers give no clipboard except on this machine.
      setSaid('Select and copy it by hand');
    }
    setTimeout(() => setSaid(undefined), 2500);
  };
  return (
    <button type="button" class={isSmall ? 'small' : undefined} onClick={copy}>
      <span aria-live="polite">{said ?? label}</span>
    </button>
  );
}
