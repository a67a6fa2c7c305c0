// Figures over time, one upon another: columns, or areas where there are more than fit. Arrows go from period to period,
// and each says its figures; the table below the chart has the same.
import { scaleBand } from "d3-scale";
import type { TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { roundMoney, shortMoney, unitOf } from "../format.ts";
import { axisName, periodName, type Spans } from "./periods.ts";
import { along, between, labelled, scaleOf, stacked, sumAt, type Scale, type Series } from "./scale.ts";

const COLUMNS_MAX = 93;
const [TOP, BOTTOM, NARROW] = [10, 28, 520];
const [TALL, LOW] = [350, 236];

type Frame = { spans: Spans; series: readonly Series[]; previous: readonly number[] | null; before: string; currency: string; label: string };
type Drawn = Frame & { scale: Scale; x: (at: number) => number; step: number; thick: number; height: number };

export function Columns(frame: Frame) {
  const { spans, series, previous, before, currency, label } = frame;
  const [box, width] = useWidth();
  const [hovered, hover] = useState<number | null>(null);
  const [focused, focus] = useState<number | null>(null);
  const [stop, setStop] = useState(spans.periods.length - 1);
  const places = spans.periods.length;
  const height = (width < NARROW ? LOW : TALL) - TOP - BOTTOM;
  const sums = spans.periods.map((_, at) => [0, 1].map((sign) => series.reduce((sum, { values }) => sum + Math.max(0, (values[at] ?? 0) * (sign ? -1 : 1)) * (sign ? -1 : 1), 0)));
  const scale = scaleOf([...sums.flat(), ...(previous ?? [])], height, unitOf(currency));
  const left = Math.max(...scale.marks.map((mark) => shortMoney(mark, currency).length)) * 7 + 12;
  const band = scaleBand<number>().domain(spans.periods.keys()).range([left, Math.max(width - 2, left + 1)]).paddingInner(places > 40 ? 0.16 : 0.32).paddingOuter(0.15);
  const x = (at: number) => (band(at) ?? 0) + band.bandwidth() / 2;
  const drawn = { ...frame, scale, x, step: band.step(), thick: Math.min(band.bandwidth(), 48), height };
  const shown = hovered ?? focused;
  const reached = Math.min(stop, places - 1);

  function move(event: TargetedKeyboardEvent<SVGSVGElement>) {
    const to = { ArrowLeft: reached - 1, ArrowRight: reached + 1, Home: 0, End: places - 1 }[event.key];
    if (event.key === "Escape") hover(null), focus(null);
    if (to === undefined) return;
    event.preventDefault();
    event.currentTarget.querySelectorAll<SVGElement>("[data-stop]")[Math.max(0, Math.min(places - 1, to))]?.focus();
  }
  const words = (at: number) =>
    [`${periodName(spans, at)}: ${roundMoney(sumAt(series, at), currency)}`, ...(series.length > 1 ? series.map(({ name, values }) => `${name} ${roundMoney(values[at] ?? 0, currency)}`) : []), ...(previous ? [`${before} ${roundMoney(previous[at] ?? 0, currency)}`] : [])].join(", ");

  return (
    <figure class="chart">
      <div class="plot" ref={box} onPointerLeave={() => hover(null)}>
        {width > 0 && (
          <svg width={width} height={height + TOP + BOTTOM} viewBox={`0 0 ${width} ${height + TOP + BOTTOM}`} role="group" aria-label={`${label}. Arrow keys go from one to the next.`} onKeyDown={move}>
            <g transform={`translate(0 ${TOP})`}>
              {shown !== null && <rect class="beam" x={x(shown) - drawn.step / 2} width={drawn.step} height={height} />}
              <Lines {...drawn} left={left} width={width} />
              {places > COLUMNS_MAX ? <Areas {...drawn} /> : <Stacks {...drawn} />}
              {spans.periods.map((period, at) => (
                <rect key={period} data-stop class="stop" x={x(at) - drawn.step / 2} y={-TOP} width={drawn.step} height={height + TOP} rx={3} role="img" aria-label={words(at)} tabIndex={at === reached ? 0 : -1} onPointerEnter={() => hover(at)} onFocus={() => (focus(at), setStop(at))} onBlur={() => focus(null)} />
              ))}
            </g>
          </svg>
        )}
        {shown !== null && shown < places && <Tip {...drawn} at={shown} width={width} />}
      </div>
      <Legend series={series} before={previous && before} />
    </figure>
  );
}

/** The scale: a line for each mark, the one of zero stronger where something hangs below it. */
function Lines({ scale: { marks, y }, spans, currency, x, height, left, width }: Drawn & { left: number; width: number }) {
  const chosen = labelled(spans.periods.length, width - left, spans.by === "month" ? 72 : 92);
  return (
    <g class="scale" aria-hidden="true">
      {marks.map((mark) => (
        <g key={mark} class={mark === 0 && (marks[0] ?? 0) < 0 ? "zero" : ""}>
          <line x1={left} x2={width} y1={y(mark)} y2={y(mark)} />
          <text x={left - 10} y={y(mark)} dy=".32em" text-anchor="end">{shortMoney(mark, currency)}</text>
        </g>
      ))}
      {[...chosen].map((at) => <text key={at} x={Math.min(x(at), width - 20)} y={height + 20} text-anchor="middle">{axisName(spans, at)}</text>)}
    </g>
  );
}

function Stacks({ series, spans, previous, scale: { y }, x, thick, step }: Drawn) {
  const layers = stacked(series, spans.periods.length);
  const reach = Math.min(4, (step - thick) / 2 + 1);
  return (
    <g aria-hidden="true">
      {layers.map((layer, which) => (
        <g key={series[which]?.id} class={`layer c${series[which]?.colour ?? 0}`}>
          {layer.map(([from, to], at) => {
            const tall = Math.abs(y(from) - y(to));
            return tall > 0 && <rect key={at} x={x(at) - thick / 2} y={Math.min(y(from), y(to))} width={thick} height={Math.max(tall - 1, 0.5)} rx={Math.min(2, thick / 4)} />;
          })}
        </g>
      ))}
      {previous && <path class="tick" d={previous.map((amount, at) => `M${x(at) - thick / 2 - reach} ${y(amount)}h${thick + 2 * reach}`).join("")} />}
    </g>
  );
}

function Areas({ series, spans, previous, scale: { y }, x }: Drawn) {
  return (
    <g aria-hidden="true">
      {stacked(series, spans.periods.length).map((layer, which) => <path key={series[which]?.id} class={`layer c${series[which]?.colour ?? 0}`} d={between(layer.map(([, to], at) => [x(at), y(to)]), layer.map(([from], at) => [x(at), y(from)]))} />)}
      {previous && <path class="tick along" d={along(previous.map((amount, at) => [x(at), y(amount)]))} />}
    </g>
  );
}

/** The figures of one period, beside it. Their words are the period's own label. */
function Tip({ spans, series, previous, before, currency, at, x, step, width }: Drawn & { at: number; width: number }) {
  const right = x(at) > width / 2;
  return (
    <div class="tip" aria-hidden="true" style={right ? { insetInlineEnd: `max(0px, min(${width - x(at) + step}px, 100% - 15rem))` } : { insetInlineStart: `max(0px, min(${x(at) + step}px, 100% - 15rem))` }}>
      <p><b>{periodName(spans, at)}</b><b>{roundMoney(sumAt(series, at), currency)}</b></p>
      {series.length > 1 && series.map(({ id, name, colour, values }) => <p key={id}><i class={`swatch c${colour ?? 0}`} /><span>{name}</span><span>{roundMoney(values[at] ?? 0, currency)}</span></p>)}
      {previous && <p class="then"><i class="swatch none" /><span>{before}</span><span>{roundMoney(previous[at] ?? 0, currency)}</span></p>}
    </div>
  );
}

const Legend = ({ series, before }: { series: readonly Series[]; before: string | null }) => (
  <figcaption class="legend">
    {series.map(({ id, name, colour }) => <span key={id}><i class={`swatch c${colour ?? 0}`} />{name}</span>)}
    {before && <span><i class="swatch dash" />{before}</span>}
  </figcaption>
);

/** An element and the width that it has now. */
function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, set] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    // Told of its first width too, once the page is laid out: to ask for it here would lay it out twice.
    const observer = new ResizeObserver(() => set(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width] as const;
}
