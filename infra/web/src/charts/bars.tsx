// Bars that lie: one of a ranking, and one whole cut into its parts. Drawn, so that they are printed too.
import { share } from "../format.ts";

/** A part of the longest; nothing to see for what is negative, which its figure says. */
export function Bar({ value, most, colour = 1 }: { value: number; most: number; colour?: number }) {
  const part = most > 0 ? Math.max(0, Math.min(1, value / most)) : 0;
  return (
    <svg class="lying" width="100%" height="6" aria-hidden="true">
      <rect class="whole" width="100%" height="6" rx="3" />
      {part > 0 && <rect class={`part c${colour}`} width={`${Math.max(part * 100, 1)}%`} height="6" rx="3" />}
    </svg>
  );
}

export interface Part {
  id: string;
  name: string;
  /** Its colour as classes. */
  shade: string;
  value: number;
}

/** Parts of a whole side by side, in the order of the table that follows. What is negative has no part. */
export function ShareBar({ parts, label }: { parts: readonly Part[]; label: string }) {
  const positive = parts.filter(({ value }) => value > 0);
  const whole = positive.reduce((sum, { value }) => sum + value, 0);
  let start = 0;
  const words = positive.map(({ name, value }) => `${name} ${share(value, whole)}`).join(", ");
  return (
    <svg class="shares" width="100%" height="28" role="img" aria-label={`${label}: ${words || "nothing"}`}>
      {whole === 0 && <rect class="nothing" width="100%" height="28" rx="4" />}
      {positive.map(({ id, shade, value }) => {
        const width = (value / whole) * 100;
        const at = start;
        start += width;
        return <rect key={id} class={`part ${shade}`} x={`${at}%`} width={`${width}%`} height="28" />;
      })}
    </svg>
  );
}
