// The frame of one page: its title, its one h1 and what stands beside it.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { session } from "../api.ts";
import { clockTime, exactTime, fromNow, timeOf, weekdayTime } from "../format.ts";
import { now } from "../live.ts";
import type { Loaded } from "../load.ts";
import { Region } from "./region.tsx";

type Frame = { title: string; head?: ComponentChildren; crumb?: ComponentChildren; note?: ComponentChildren; actions?: ComponentChildren; children?: ComponentChildren };

/** `head` stands in place of the plain title when the h1 has company. */
export function Page({ title, head, crumb, note, actions, children }: Frame) {
  useEffect(() => {
    document.title = `${title} · Daybook`;
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = title;
  }, [title]);
  return (
    <>
      <header class="head">
        <div>
          {crumb && <nav class="crumb" aria-label="Where you are">{crumb}</nav>}
          {head ?? <h1>{title}</h1>}
          {note && <p class="quiet">{note}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

type WholeFrame<T> = { of: Loaded<T>; what: string; title: string; crumb?: ComponentChildren; children: (data: T) => ComponentChildren };

/** A page whose title is in what it loads: until that is there it has a plain one. */
export function Whole<T>({ of, what, title, crumb, children }: WholeFrame<T>) {
  const region = <Region of={of} what={what} rows={6}>{children}</Region>;
  return of.data === undefined ? <Page title={title} crumb={crumb}>{region}</Page> : region;
}

type CardFrame = { title?: ComponentChildren; side?: ComponentChildren; tight?: boolean; children?: ComponentChildren };

export const Card = ({ title, side, tight, children }: CardFrame) => (
  <section class={tight ? "card tight" : "card"}>
    {title && (
      <header>
        <h2>{title}</h2>
        {side}
      </header>
    )}
    {children}
  </section>
);

/** The zone of whoever is signed in, for what belongs to no connection. */
export const homeZone = (): string => session.value?.workspace.time_zone ?? "UTC";

const WORDS = { time: timeOf, weekday: weekdayTime, clock: clockTime, far: (at: string, _: string, now: Date) => fromNow(at, now) };

/** An instant in words that keep up with the clock; the exact one with its zone for who points at it or comes by with the keys. */
export const When = ({ at, zone, as = "time" }: { at: string; zone: string; as?: keyof typeof WORDS }) => {
  // Its words are made for those who ask: the names of zones are slow to come by.
  const [wanted, want] = useState(false);
  const exact = wanted ? exactTime(at, zone) : undefined;
  return <time class="when" tabIndex={0} dateTime={at} title={exact} data-exact={exact} onPointerEnter={() => want(true)} onFocus={() => want(true)}>{WORDS[as](at, zone, now.value)}</time>;
};
