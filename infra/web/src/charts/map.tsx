// The U.S. by state in five steps of one hue. Arrows go from the best to the least, letters and the table say the rest.
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { StateRowOut } from "../wire.d.ts";
import type { Outline } from "../atlas.ts";
import { counted, nth, roundMoney, share } from "../format.ts";
import { NUDGES, STATES, stepsOf } from "./states.ts";

type Frame = { rows: readonly StateRowOut[]; currency: string; whole: number; chosen: string | null; onChoose: (state: string | null) => void };

/** `rows` are ranked; `chosen` is pointed at here or in the table. */
export function StatesMap({ rows, currency, whole, chosen, onChoose }: Frame) {
  const [shapes, missed] = useShapes();
  const [stop, setStop] = useState(0);
  const { step, ends } = stepsOf(rows.map(({ net }) => net));
  const rank = new Map(rows.map(({ state }, at) => [STATES[state], at]));
  const drawn = rows.filter(({ state }) => shapes?.some(({ name }) => name === STATES[state])).map(({ state }) => state);
  const reached = Math.min(stop, drawn.length - 1);
  function move(event: TargetedKeyboardEvent<SVGSVGElement>) {
    const to = { ArrowLeft: reached - 1, ArrowUp: reached - 1, ArrowRight: reached + 1, ArrowDown: reached + 1, Home: 0, End: drawn.length - 1 }[event.key];
    if (event.key === "Escape") onChoose(null);
    if (to === undefined || !drawn.length) return;
    event.preventDefault();
    event.currentTarget.querySelector<SVGElement>(`[data-state="${drawn[Math.max(0, Math.min(drawn.length - 1, to))]}"]`)?.focus();
  }
  if (missed) return <p class="quiet">The map could not be loaded; the table has the same figures.</p>;
  const words = (row: StateRowOut, at: number) => `${nth(at + 1)}: ${STATES[row.state]}, ${roundMoney(row.net, currency)}, ${counted(row.orders, "order")}, ${share(row.net, whole)}`;
  return (
    <figure class="chart map">
      <svg viewBox="-58 0 1016 610" role="group" aria-label="Net sales by state. Arrow keys go from the best to the least." aria-busy={!shapes} onKeyDown={move} onPointerLeave={() => onChoose(null)}>
        {shapes?.map((shape) => {
          const at = rank.get(shape.name);
          const row = at === undefined ? undefined : rows[at];
          if (!row || at === undefined) return <path key={shape.name} class="state s0" d={shape.path} aria-hidden="true" />;
          return (
            <path key={shape.name} class={`state s${step(row.net)}`} d={shape.path} data-state={row.state} role="img" aria-label={words(row, at)} tabIndex={drawn[reached] === row.state ? 0 : -1} onPointerEnter={() => onChoose(row.state)} onFocus={() => (onChoose(row.state), setStop(drawn.indexOf(row.state)))} onBlur={() => onChoose(null)} />
          );
        })}
        {shapes?.map((shape) => <Letters key={shape.name} shape={shape} row={rows[rank.get(shape.name) ?? -1]} step={step} />)}
        <Ring shape={shapes?.find(({ name }) => chosen && name === STATES[chosen])} />
      </svg>
      <figcaption class="legend steps-of-hue">
        {ends.map(([from, to], at) => to > 0 && <span key={at}><i class={`swatch s${at + 1}`} />{from === to ? roundMoney(to, currency) : `${roundMoney(from, currency)} – ${roundMoney(to, currency)}`}</span>)}
        <span><i class="swatch s0" />no sales</span>
      </figcaption>
      <p class="told" aria-hidden="true">{rows.map((row, at) => row.state === chosen && <b key={row.state}>{words(row, at)}</b>)}</p>
    </figure>
  );
}

function Letters({ shape, row, step }: { shape: Outline; row: StateRowOut | undefined; step: (amount: number) => number }) {
  const nudge = row && (row.state in NUDGES ? NUDGES[row.state] : ([0, 0] as const));
  if (!row || !nudge) return null;
  return <text class={`letters on${step(row.net)}`} x={shape.middle[0] + nudge[0]} y={shape.middle[1] + nudge[1]} dy=".35em" text-anchor="middle" aria-hidden="true">{row.state}</text>;
}

/** Drawn last, so that no neighbour covers it. */
const Ring = ({ shape }: { shape: Outline | undefined }) => (shape ? <path class="ring" d={shape.path} aria-hidden="true" /> : null);

/** The outlines come in a file of their own, once. */
function useShapes(): readonly [readonly Outline[] | undefined, boolean] {
  const [shapes, set] = useState<readonly Outline[]>();
  const [missed, miss] = useState(false);
  useEffect(() => {
    import("../atlas.ts").then(({ outlines }) => set(outlines()), () => miss(true));
  }, []);
  return [shapes, missed];
}
