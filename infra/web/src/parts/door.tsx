// What stands before one is signed in: a form, and beside it what Daybook does, drawn.
import type { ComponentChildren } from "preact";

const ORDERS = [40, 66, 92, 118, 144, 170, 196];
const WIDTHS = [58, 44, 66, 50, 62, 38, 54];
const LINES = [64, 82, 52, 74];

export const Door = ({ children }: { children: ComponentChildren }) => (
  <div class="door">
    <div>{children}</div>
    <svg class="picture" viewBox="0 0 400 240" aria-hidden="true">
      {ORDERS.map((y, at) => (
        <g key={y}>
          <rect class={at % 3 ? "soft" : "full"} x="8" y={y} width="14" height="14" rx="3" />
          <rect class="faint" x="30" y={y + 4} width={WIDTHS[at]} height="6" rx="3" />
          <path class="thread" d={`M104 ${y + 7}C156 ${y + 7} 156 125 214 125`} />
        </g>
      ))}
      <rect class="paper" x="216" y="34" width="176" height="182" rx="10" />
      <path class="margin" d="M246 34v182" />
      <rect class="full" x="260" y="52" width="96" height="8" rx="4" />
      {LINES.map((width, at) => (
        <g key={at}>
          <path class="rule" d={`M216 ${78 + at * 28}h176`} />
          <rect class="faint" x="260" y={89 + at * 28} width={width} height="6" rx="3" />
          <rect class="soft" x="354" y={89 + at * 28} width="26" height="6" rx="3" />
        </g>
      ))}
      <path class="rule" d="M216 190h176M216 211h176" />
      <rect class="full" x="344" y="197" width="36" height="7" rx="3.5" />
    </svg>
  </div>
);
