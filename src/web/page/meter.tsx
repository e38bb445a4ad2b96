export interface MeterProps {
  readonly label: string;
  /** 0 to 1; undefined when nobody knows. */
  readonly share: number | undefined;
  readonly text: string;
}

/** How far something has come, in a bar and in words. */
export function Meter({ label, share, text }: MeterProps) {
  return (
    <div class="meter">
      <progress aria-label={label} max={1} value={share} />
      <p class="quiet">{text}</p>
    </div>
  );
}
