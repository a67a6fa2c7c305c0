// Sync activity: what happened, newest first. What is new waits until it is asked for.
import { useEffect } from "preact/hooks";
import type { ActivityListOut, ActivityOut, ConnectionOut, ConnectionsOut } from "../wire.d.ts";
import { count, counted, dayAt, dayName } from "../format.ts";
import { live, markSeen } from "../live.ts";
import { useLoad } from "../load.ts";
import { FilterBar } from "../parts/filters.tsx";
import { Icon } from "../parts/icon.tsx";
import { Card, homeZone, Page, When } from "../parts/page.tsx";
import { Empty, Region } from "../parts/region.tsx";
import { spoken } from "../parts/tag.tsx";
import { asked, go, query, to, turned } from "../router.ts";

const LEVELS = ["info", "warning", "error"] as const;
const FILTERS = ["connection", "from", "to", "q", "cursor"];

export function Activity() {
  const levels = query.value.getAll("level");
  const connections = useLoad<ConnectionsOut>("/connections");
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query.value.get(name)]));
  const list = useLoad<ActivityListOut>(asked("/activity", { ...filter, level: levels, limit: "50" }));
  const fresh = live.value?.activity_new ?? 0;
  useEffect(markSeen, [list.data]);
  const known = connections.data?.items ?? [];
  return (
    <Page title="Sync activity" note="What Daybook did, and what stood in its way.">
      <FilterBar connections={known} search="Words in an entry"><Levels chosen={levels} counts={list.data?.counts} /></FilterBar>
      <p class="fresh" role="status">{fresh > 0 && <button type="button" onClick={() => (filter["cursor"] ? go(turned({ cursor: null })) : list.again())}>{counted(fresh, "new entry", "new entries")}</button>}</p>
      <Region of={list} what="the activity" rows={8}>
        {(data) =>
          data.items.length ? (
            <>
              <Listed items={data.items} connections={known} />
              {(data.next || filter["cursor"]) && (
                <nav class="pages" aria-label="Pages">
                  {filter["cursor"] && <a class="button" href={turned({ cursor: null })}>Newest</a>}
                  {data.next && <a class="button" href={turned({ cursor: data.next })}>Older</a>}
                </nav>
              )}
            </>
          ) : (
            <Card><None levels={levels} counts={data.counts} /></Card>
          )
        }
      </Region>
    </Page>
  );
}

type Counts = ActivityListOut["counts"];

function Levels({ chosen, counts }: { chosen: readonly string[]; counts: Counts | undefined }) {
  const on = (level: string) => chosen.length === 0 || chosen.includes(level);
  function toggle(level: string) {
    const kept = LEVELS.filter((one) => (one === level ? !on(one) : on(one)));
    go(turned({ level: kept.length === LEVELS.length ? null : kept, cursor: null }));
  }
  return (
    <div class="levels" role="group" aria-label="Levels">
      {LEVELS.map((level) => (
        <button key={level} type="button" class={level} aria-pressed={on(level)} onClick={() => toggle(level)}>
          <Icon name={level} />{spoken(level)} {counts && <b>{count(counts[level])}</b>}
        </button>
      ))}
    </div>
  );
}

function None({ levels, counts }: { levels: readonly string[]; counts: Counts }) {
  const hidden = LEVELS.filter((level) => levels.length && !levels.includes(level) && counts[level]);
  const filtered = FILTERS.some((name) => query.value.get(name));
  const words = hidden.map((level) => (level === "info" ? counted(counts.info, "info entry", "info entries") : counted(counts[level], level))).join(" and ");
  if (hidden.length) {
    return <Empty title={levels.length === 1 ? `No ${levels[0]} entries.` : "No such entries."} action={<a class="button" href={turned({ level: null })}>Show all</a>}>{words} hidden by the filter.</Empty>;
  }
  if (filtered) return <Empty title="Nothing matches these filters." action={<a class="button" href={to("/activity")}>Clear filters</a>} />;
  return <Empty title="Nothing has happened yet." action={<a class="button" href={to("/connections")}>Connect a channel</a>}>Each sync leaves its lines here.</Empty>;
}

function Listed({ items, connections }: { items: readonly ActivityOut[]; connections: readonly ConnectionOut[] }) {
  const days = Map.groupBy(items, ({ at }) => dayAt(new Date(at), homeZone()));
  const names = new Map(connections.map(({ id, name }) => [id, name]));
  return (
    <>
      {[...days].map(([day, entries]) => (
        <Card key={day} title={dayName(day, "long")} tight>
          <ol class="entries">{entries.map((entry) => <Entry key={entry.id} entry={entry} name={names.get(entry.connection_id ?? "")} />)}</ol>
        </Card>
      ))}
    </>
  );
}

function Entry({ entry, name }: { entry: ActivityOut; name: string | undefined }) {
  const details = Object.entries(entry.details);
  return (
    <li class={entry.level}>
      <span class="level"><Icon name={entry.level} />{spoken(entry.level)}</span>
      <When at={entry.at} zone={homeZone()} as="clock" />
      <span class="who quiet">{name}</span>
      <span class="what">
        {entry.text}
        {details.length > 0 && (
          <details>
            <summary>Details<span class="unseen"> of “{entry.text}”</span></summary>
            <dl class="facts">{details.map(([word, value]) => [<dt key={word}>{spoken(word)}</dt>, <dd key={`${word} is`}>{value}</dd>])}</dl>
          </details>
        )}
      </span>
      <span class="ways">
        {entry.sale_id && <a href={to(`/orders/${encodeURIComponent(entry.sale_id)}`)}>Open the sale<span class="unseen"> of {entry.day && dayName(entry.day)}, {name}</span></a>}
        {entry.sync_id && <a href={to(`/syncs/${encodeURIComponent(entry.sync_id)}`)}>Open the sync<span class="unseen"> of {name}</span></a>}
      </span>
    </li>
  );
}
